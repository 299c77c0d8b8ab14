"""The public pages: who we are, what we offer, where we are, how to get help; what search engines read; and the search.

views/ (with `home`, `services`, `offices`, `texts`, `search`, `machines`), hours (an office and its clock), journey,
notices (help with language in many languages), structured (data for search engines), index (what the search holds).
"""
