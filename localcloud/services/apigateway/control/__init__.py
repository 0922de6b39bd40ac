"""Operations of API Gateway: a file for each kind of thing that is defined."""
