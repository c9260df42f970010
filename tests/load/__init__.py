"""The speed of the services beside the programs they are compared with: `./commerce bench`."""
