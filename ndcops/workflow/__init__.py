"""Step, Plan, Runner and Journal: the one way anything is changed; knows no room."""
