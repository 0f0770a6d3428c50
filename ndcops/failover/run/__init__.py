"""The room at work: reads facts, executes plans under the operator lock, resumes, takes back, reports."""
