"""The parts that the gates share: statistics, decision and report (``gate``), and the program of the gate."""
