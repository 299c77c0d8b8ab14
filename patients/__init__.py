"""The middle floor: a patient's journey, from the first question on.

portal   where patients and families ask for care, sign in and see their cases
website  the public pages: who we are, what we offer, where we are, and the search over them
cases    the case: stage, promise, messages; the coordinator's admin
records  uploads that resume, files encrypted at rest, and what the product reads in them
intake   people: patients and who acts for them; requests being written and sent, with their consents

Imports only point down this list, then to `offices`; never to `partners`.
"""
