"""What grading a whole class needs: who handed in what, where it is graded, and what is written."""
