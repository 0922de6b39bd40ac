"""Amazon EventBridge: the default bus, its rules and schedules, and delivery to targets."""
