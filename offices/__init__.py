"""The ground floor: what every desk needs, knowing nothing of patients or partners.

security                      how staff sign in: second factors and sessions
translation | notifications   text and mail desks; they never know their customers
exchange | routing            the directory as files, and back; who takes a request
directory                     regions, offices, services, people
outbox                        events, their deliveries, retries and dead letters
kit                           no models: ids, clock, transitions, names, languages, formats

Imports only point down this list, and never to `patients` or `partners`.
"""
