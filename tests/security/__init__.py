"""What both chats promise about secrets, order, faults and bad input, held every day."""
