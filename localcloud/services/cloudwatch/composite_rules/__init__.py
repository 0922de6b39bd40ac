"""What composite alarms decide: whether a rule holds, and whether actions wait. Neither knows where alarms are kept."""
