"""The tick log in the formats that feed readers understand: the same news in each, one format a file."""
