using Wyckoff.Benchmarks;
using Wyckoff.Benchmarks.Load;
using Wyckoff.Benchmarks.Reading;
using Wyckoff.Benchmarks.Web;

// Each benchmark starts and fills its own servers, measures the compared sides in turn, and reports medians.
Dictionary<string, Func<CancellationToken, Task<Report>>> benchmarks = new(StringComparer.Ordinal)
{
    ["ingest"] = IngestBenchmark.RunAsync,
    ["parquet"] = ParquetBenchmark.RunAsync,
    ["read"] = ReadBenchmark.RunAsync,
    ["read-lookups"] = ReadBenchmark.LookupsAsync,
    ["read-recent"] = ReadBenchmark.RecentBarsAsync,
    ["read-keys"] = ReadBenchmark.KeysAsync,
    ["read-streams"] = ReadBenchmark.StreamsAsync,
    ["read-pushes"] = ReadBenchmark.PushesAsync,
    ["start"] = StartBenchmark.RunAsync,
    ["web"] = WebBenchmark.RunAsync,
};

// The servers under load are other processes of this program, with these verbs.
switch (args)
{
    case [Hosts.ApiVerb, .. var rest]:
        await Hosts.RunApiAsync(rest);
        return 0;
    case [Hosts.BareVerb, .. var rest]:
        await Hosts.RunBareAsync(rest);
        return 0;
}

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
