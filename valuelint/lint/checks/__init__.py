"""The checks: functions from a world to violations. A rule names its check as `module.function`."""
