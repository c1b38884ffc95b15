"""What is wrong: rules, their checks, located findings, and the fixes."""
