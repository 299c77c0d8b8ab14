"""Tools without tables: ids, working time, state tables, names, languages, localised formats, folded words."""
