using System.CommandLine;
using System.CommandLine.Parsing;
using Wyckoff.Imports;
using Wyckoff.Imports.Records;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor.Imports;

/// <summary><c>import PATH…</c>: files and folders into the database. Exit code 0; 2 when rows were rejected; 1 when a file, or all of it, failed.</summary>
internal static class ImportVerb
{
    private static readonly string[] Extensions = [".csv", ".tsv", ".txt", ".gz", ".zip", ".parquet"];

    public static Command Create(Func<WebApplicationBuilder> builder)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Files (CSV, TSV, Parquet; plain, gzip or zip) and folders of them.",
        };
        // By the names that ImportText knows them by.
        Dictionary<string, Option<string?>> texts = new(StringComparer.Ordinal)
        {
            ["symbol"] = new("--symbol") { Description = "Whose bars they are. Default: as a column, or the file's name, says." },
            ["timeframe"] = new("--timeframe")
            {
                Description = "1m, 5m, 15m, 30m, 1h, 4h or 1d (or 1Min, 1Hour, 1Day, …). Default: as a column, or the file's name, says.",
            },
            ["source"] = new("--source") { Description = "What the bars are marked with. Default: import." },
            ["onConflict"] = new("--on-conflict")
            {
                Description = "What becomes of bars that are there already: skip (default), replace or fail.",
            },
            ["timezone"] = new("--timezone") { Description = "IANA time zone of times that say none. Default: UTC." },
            ["dateFormat"] = new("--date-format")
            {
                Description =
                    "How times are written, e.g. 'dd/MM/yyyy HH:mm', or s, ms, us, ns since 1970. Default: as the rows at the beginning tell.",
            },
            ["map"] = new("--map")
            {
                Description = "Columns by name or number: time=When,open=2,volume=none. Default: by the names vendors give them.",
            },
            ["delimiter"] = new("--delimiter")
            {
                Description = "What stands between columns: one character, or tab. Default: as the rows at the beginning tell.",
            },
            ["tickerTimezone"] = new("--ticker-timezone")
            {
                Description = "IANA time zone of the trading days of tickers that are not there yet. Default: America/New_York.",
            },
            ["assetType"] = new("--asset-type") { Description = "Of tickers that are not there yet. Default: stock." },
        };
        var scale = new Option<long>("--price-scale")
        {
            Description = "Prices in the file are so many times too large (LEAN: 10000).",
            DefaultValueFactory = _ => 1,
        };
        scale.Validators.Add(result => AtLeast(result, 1));
        var maxRejects = new Option<long?>("--max-rejects") { Description = "A file with more rejected rows fails. Default: no limit." };
        maxRejects.Validators.Add(result => AtLeast(result, 0));
        var force = new Option<bool>("--force") { Description = "Read files although they were imported already." };
        var noRollUps = new Option<bool>("--no-roll-ups") { Description = "Leave coarser timeframes as they are." };
        var noDerived = new Option<bool>("--no-derived") { Description = "Leave spread, ratios and quality to be computed later." };
        var command = new Command(
            "import",
            "Import bars from files. Exit code 2 when rows were rejected: they are kept, with their line and the reason."
        )
        {
            paths,
            scale,
            maxRejects,
            force,
            noRollUps,
            noDerived,
        };
        foreach (var option in texts.Values)
        {
            command.Options.Add(option);
        }

        command.SetAction(
            async (parsed, _) =>
            {
                var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
                var options = ImportText.Options(
                    texts.ToDictionary(pair => pair.Key, pair => parsed.GetValue(pair.Value), StringComparer.Ordinal),
                    errors
                ) with
                {
                    PriceScale = parsed.GetValue(scale),
                    MaxRejects = parsed.GetValue(maxRejects),
                    Force = parsed.GetValue(force),
                    RollUp = !parsed.GetValue(noRollUps),
                    Derive = !parsed.GetValue(noDerived),
                };
                var files = Files(parsed.GetValue(paths)!, out var missing);
                var faults = errors.Select(error => $"{texts[error.Key].Name}: {error.Value[0]}").Concat(missing).ToList();
                if (faults.Count > 0)
                {
                    faults.ForEach(fault => Console.Error.WriteLine("ingestor: " + fault));
                    return 1;
                }

                var host = builder();
                // The summary says the same, and a line of the log would be written across the bar.
                host.Logging.AddFilter("Wyckoff.Imports", LogLevel.Warning);
                return await Verb.RunAsync(host, (services, token) => RunAsync(services, files, options, token));
            }
        );
        return command;
    }

    /// <summary>The files that are meant: folders with all below them that may hold bars, in the order of their names.</summary>
    internal static List<string> Files(IEnumerable<string> paths, out List<string> missing)
    {
        missing = [];
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (File.Exists(path))
            {
                files.Add(path);
                continue;
            }

            if (!Directory.Exists(path))
            {
                missing.Add($"There is no file or folder '{path}'.");
                continue;
            }

            var below = Directory
                .EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal)
                .ToList();
            files.AddRange(below);
            if (below.Count == 0)
            {
                missing.Add($"There is no file of bars ({string.Join(", ", Extensions)}) in the folder '{path}'.");
            }
        }

        return files;
    }

    private static async Task<int> RunAsync(
        IServiceProvider services,
        List<string> files,
        ImportOptions options,
        CancellationToken cancellationToken
    )
    {
        var runner = services.GetRequiredService<ImportRunner>();
        var time = services.GetRequiredService<TimeProvider>();
        var progress = new ImportProgress();
        var results = new List<ImportResult>();
        var begun = time.GetTimestamp();
        try
        {
            await ProgressDisplay.ShowWhileAsync(ImportAllAsync, progress, VerbConsole.Create(Console.Error), time);
        }
        finally
        {
            // What is done is said, whatever comes after it.
            ImportSummary.Write(Console.Out, results, time.GetElapsedTime(begun));
        }

        return ImportSummary.ExitCode(results);

        async Task ImportAllAsync()
        {
            foreach (var file in files)
            {
                results.AddRange(await runner.ImportAsync(file, options, progress, cancellationToken));
            }
        }
    }

    private static void AtLeast(OptionResult result, long least)
    {
        if (result.Tokens.Count > 0 && long.TryParse(result.Tokens[0].Value, out var value) && value < least)
        {
            result.AddError($"{result.Option.Name}: '{result.Tokens[0].Value}': a whole number of at least {least} is expected.");
        }
    }
}
