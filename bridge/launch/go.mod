module cortex.local/launch

go 1.24
