module chorus.example/bench/storm

go 1.24
