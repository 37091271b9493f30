"""A service of several machines, all of them on loopback: what becomes of it when each is killed in turn.

Two PostgreSQL servers, of which one follows the other synchronously, two pollers, three web processes and the
simulator, as real processes; readers that ask all of the web processes as they would behind a load balancer,
and keep what they were told, to hold it against the record afterwards.
"""
