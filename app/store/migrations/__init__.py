"""The steps from one schema to the next, in `versions/`. They are history: a step that was released is never
edited, and imports nothing of app/store/tables.py, which only knows the end.
"""

HEAD = "0010"
"""The schema that this program speaks. Kept here so that a start with nothing to do loads no Alembic."""
