using System.CommandLine;
using System.CommandLine.Parsing;
using Wyckoff.Imports;
using Wyckoff.Imports.Previews;
using Wyckoff.Imports.Records;
using Wyckoff.Postgres;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor.Imports;

/// <summary>
/// <c>import PATH…</c> imports files and folders, or with <c>--dry-run</c> shows what would be imported. The exit code is 0, 1 if no file
/// was imported, or 2 if a file failed or rows were rejected.
/// </summary>
internal static class ImportVerb
{
    private static readonly string[] Extensions = [".csv", ".tsv", ".txt", ".gz", ".zip", ".parquet"];

    // Files that hold data but cannot be imported. They fail with their format as the reason, and are not passed over in silence.
    private static readonly string[] Unsupported = [".feather", ".arrow", ".xlsx", ".xls", ".h5", ".hdf5"];

    public static Command Create(Func<WebApplicationBuilder> builder)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Files (CSV, TSV, Parquet; plain, gzip or zip) and folders of them.",
        };
        // The keys are the names that ImportText uses.
        Dictionary<string, Option<string?>> texts = new(StringComparer.Ordinal)
        {
            ["symbol"] = new("--symbol") { Description = "Symbol of the bars. Default: from a column or the file's name." },
            ["timeframe"] = new("--timeframe")
            {
                Description = "1m, 5m, 15m, 30m, 1h, 4h or 1d (or 1Min, 1Hour, 1Day, …). Default: from a column or the file's name.",
            },
            ["source"] = new("--source") { Description = "Source that the bars are stored with. Default: import." },
            ["onConflict"] = new("--on-conflict")
            {
                Description = "What happens to bars that exist already: skip (default), replace or fail.",
            },
            ["timezone"] = new("--timezone")
            {
                Description = "IANA time zone of times without a zone. Default: that of LEAN's folders, or UTC.",
            },
            ["dateFormat"] = new("--date-format")
            {
                Description =
                    "Format of times, e.g. 'dd/MM/yyyy HH:mm', or s, ms, us, ns since 1970. Default: detected from the first rows.",
            },
            ["map"] = new("--map")
            {
                Description = "Columns by name or number: time=When,open=2,volume=none. Default: detected by common column names.",
            },
            ["delimiter"] = new("--delimiter")
            {
                Description = "Character between columns, or tab. Default: detected from the first rows.",
            },
            ["tickerTimezone"] = new("--ticker-timezone")
            {
                Description = "IANA time zone of the trading days of new tickers. Default: guessed, or America/New_York.",
            },
            ["assetType"] = new("--asset-type") { Description = "Asset type of new tickers. Default: guessed, or stock." },
        };
        var scale = new Option<long>("--price-scale")
        {
            Description = "Divide prices by this number (LEAN: 10000).",
            DefaultValueFactory = _ => 1,
        };
        scale.Validators.Add(result => Within(result, 1));
        var round = new Option<int?>("--round")
        {
            Description = "Round prices and volumes to so many decimals, 0 to 8. Default: rows with more than 8 decimals are rejected.",
        };
        round.Validators.Add(result => Within(result, 0, ImportOptions.MostDecimals));
        var maxRejects = new Option<long?>("--max-rejects")
        {
            Description = "Fail a file with more rejected rows than this. Default: no limit.",
        };
        maxRejects.Validators.Add(result => Within(result, 0));
        var force = new Option<bool>("--force") { Description = "Read files even if they were imported already." };
        var noRollUps = new Option<bool>("--no-roll-ups") { Description = "Do not roll the bars up to coarser timeframes." };
        var allowNegative = new Option<bool>("--allow-negative")
        {
            Description = "New tickers allow zero and negative prices. Existing tickers are not changed.",
        };
        var noDerived = new Option<bool>("--no-derived") { Description = "Do not compute spread, ratios and quality now." };
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Show what would be imported, from the first rows of each file. Nothing is written.",
        };
        var command = new Command(
            "import",
            "Import bars from files. Exit code 2 if rows were rejected (they are stored with their line and the reason) or one of "
                + "several files failed, 1 if all failed."
        )
        {
            paths,
            scale,
            round,
            maxRejects,
            force,
            noRollUps,
            noDerived,
            allowNegative,
            dryRun,
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
                    Round = parsed.GetValue(round),
                    MaxRejects = parsed.GetValue(maxRejects),
                    Force = parsed.GetValue(force),
                    RollUp = !parsed.GetValue(noRollUps),
                    Derive = !parsed.GetValue(noDerived),
                    AllowNegative = parsed.GetValue(allowNegative),
                };
                var files = Files(parsed.GetValue(paths)!, out var missing);
                var faults = errors.Select(error => $"{texts[error.Key].Name}: {error.Value[0]}").Concat(missing).ToList();
                if (faults.Count > 0)
                {
                    faults.ForEach(fault => Console.Error.WriteLine("ingestor: " + fault));
                    return 1;
                }

                var host = builder();
                // The summary has the same information, and log lines would break the progress bar.
                host.Logging.AddFilter("Wyckoff.Imports", LogLevel.Warning);
                return await Verb.RunAsync(
                    host,
                    (services, token) =>
                        parsed.GetValue(dryRun) ? PreviewAsync(services, files, options, token) : RunAsync(services, files, options, token)
                );
            }
        );
        return command;
    }

    /// <summary>
    /// Expands folders to the files below them that may hold bars or other data, in the order of their names. Excel's lock files are left
    /// out.
    /// </summary>
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
                .Where(file =>
                    Extensions.Concat(Unsupported).Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
                    && !Path.GetFileName(file).StartsWith("~$", StringComparison.Ordinal)
                )
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
        var started = time.GetTimestamp();
        try
        {
            await ProgressDisplay.ShowWhileAsync(ImportAllAsync, progress, VerbConsole.Create(Console.Error), time);
        }
        finally
        {
            // Also written if a later file throws.
            ImportSummary.Write(Console.Out, results, time.GetElapsedTime(started));
        }

        return ImportSummary.ExitCode(results);

        async Task ImportAllAsync()
        {
            await runner.CloseInterruptedAsync(cancellationToken);
            foreach (var file in files)
            {
                try
                {
                    results.AddRange(await runner.ImportAsync(file, options, progress, cancellationToken));
                }
                catch (Exception e) when (e is not OperationCanceledException && !DatabaseFaults.IsAway(e))
                {
                    // A file that fails must not keep the others from being imported.
                    results.Add(
                        new()
                        {
                            Id = 0,
                            File = file,
                            Status = ImportStatus.Failed,
                            Error = e.Message,
                        }
                    );
                }
            }
        }
    }

    private static async Task<int> PreviewAsync(
        IServiceProvider services,
        List<string> files,
        ImportOptions options,
        CancellationToken cancellationToken
    )
    {
        var previewer = services.GetRequiredService<ImportPreviewer>();
        var previews = new List<FilePreview>();
        var notShown = 0;
        foreach (var file in files)
        {
            ImportPreview preview;
            try
            {
                preview = await previewer.PreviewAsync(file, options, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException && !DatabaseFaults.IsAway(e))
            {
                preview = new([new() { File = file, Error = e.Message }]);
            }

            foreach (var shown in preview.Files)
            {
                PreviewText.Write(Console.Out, shown);
            }

            previews.AddRange(preview.Files);
            notShown += preview.NotShown;
        }

        PreviewText.WriteEnd(Console.Out, previews, notShown);
        return PreviewText.ExitCode(previews);
    }

    private static void Within(OptionResult result, long min, long max = long.MaxValue)
    {
        if (result.Tokens.Count > 0 && long.TryParse(result.Tokens[0].Value, out var value) && (value < min || value > max))
        {
            var range = max == long.MaxValue ? $"of at least {min}" : $"from {min} to {max}";
            result.AddError($"{result.Option.Name}: '{result.Tokens[0].Value}': a whole number {range} is expected.");
        }
    }
}
