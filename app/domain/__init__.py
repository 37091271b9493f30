"""What the words mean: numbers, pairs, calendars, rules, headlines, changes, ticks. Pure: no input or
output, no clock.
"""
