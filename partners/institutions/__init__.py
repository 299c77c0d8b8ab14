"""The partner institution and the credentials with which its systems sign in to the API."""
