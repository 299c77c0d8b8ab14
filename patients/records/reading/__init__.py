"""What the product reads in a document: pictures of its pages, its text, language, kind and date.

Nothing here writes to the database; each function takes the open file and raises what its parser raises.
"""
