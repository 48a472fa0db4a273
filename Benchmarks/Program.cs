using Wyckoff.Benchmarks;

// Each brings up and fills what it needs by itself, alternates its sides, and reports medians.
Dictionary<string, Func<CancellationToken, Task<Report>>> benchmarks = new(StringComparer.Ordinal)
{
    ["ingest"] = IngestBenchmark.RunAsync,
    ["start"] = StartBenchmark.RunAsync,
    ["streams"] = StreamBenchmark.RunAsync,
};

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

if (args is not [var name] || !benchmarks.TryGetValue(name, out var benchmark))
{
    Console.Error.WriteLine($"usage: dotnet run -c Release --project Benchmarks -- {string.Join('|', benchmarks.Keys)}");
    return 1;
}

var report = await benchmark(stop.Token);
Console.WriteLine();
report.Print(Console.Out);
Console.WriteLine();
Console.WriteLine("Written to " + report.Save(name));
return 0;
