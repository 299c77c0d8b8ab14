"""The message catalogues under `locale/`, kept with Babel alone: no gettext programs are needed.

extract     what the code and the templates say, exactly as Django looks it up
catalogues  reading, updating and compiling the .po files
entries     what is wrong with one translation
checks      what is wrong with the catalogues and with the demo directory's names
worklist    handing untranslated messages out as JSON and taking translations back
locales     the languages and their plural forms

Nothing here needs Django to be set up. `manage.py messages` is the way in.
"""
