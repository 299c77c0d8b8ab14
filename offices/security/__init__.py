"""How staff sign in: a second factor, their sessions, and the end of an idle one. Patients are not its business.

The factors are rows of allauth's Authenticator, the sessions rows of its UserSession. What a session has shown so far
stands in its own authentication records, so that no page takes a query for it.
"""
