using System.CommandLine;
using System.Globalization;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Imports;
using Wyckoff.Primitives;
using Symbol = Wyckoff.Primitives.Symbol;

namespace Wyckoff.Ingestor.Imports;

/// <summary><c>import PATH…</c>: files and folders into the database. Exit code 0; 2 when rows were rejected; 1 when a file, or all of it, failed.</summary>
internal static class ImportVerb
{
    private static readonly string[] Extensions = [".csv", ".tsv", ".txt", ".gz", ".zip", ".parquet"];

    public static Command Create(Func<WebApplicationBuilder> builder)
    {
        var paths = new Argument<string[]>("PATH") { Arity = ArgumentArity.OneOrMore, Description = "Files (CSV, TSV, Parquet; plain, gzip or zip) and folders of them." };
        var symbol = Parsed<Symbol>("--symbol", "Whose bars they are. Default: as a column, or the file's name, says.", text => Symbol.TryParse(text, out var value)
            ? (value, null)
            : (default, $"'{text}' is not a symbol: 1 to {Symbol.MaxLength} letters, digits or . - _ / ^ = : are expected."));
        var timeframe = Parsed<Timeframe>("--timeframe", "1m, 5m, 15m, 30m, 1h, 4h or 1d (or 1Min, 1Hour, 1Day, …). Default: as a column, or the file's name, says.", text => Timeframe.TryParse(text, out var value)
            ? (value, null)
            : (default, $"'{text}' is not a timeframe: one of {string.Join(", ", Timeframe.Stored)} is expected (1Min, 1Hour, 1Day and the like mean the same)."));
        var source = new Option<string>("--source") { Description = "What the bars are marked with.", DefaultValueFactory = _ => "import" };
        source.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not { Length: >= 1 and <= 20 })
            {
                result.AddError("--source: 1 to 20 characters are expected.");
            }
        });
        var policy = new Option<ConflictPolicy>("--on-conflict") { Description = "What becomes of bars that are there already: skip, replace or fail.", DefaultValueFactory = _ => ConflictPolicy.Skip };
        var timeZone = Zone("--timezone", "IANA time zone of times that say none. Default: UTC.");
        var dateFormat = Parsed<TimePattern>("--date-format", "How times are written, e.g. dd/MM/yyyy HH:mm, or s, ms, us, ns since 1970. Default: as the rows at the beginning tell.", text =>
            TimePattern.TryParse(text, out var pattern, out var fault) ? (pattern, null) : (null, fault));
        var map = Parsed<ColumnMap>("--map", "Columns by name or number: time=When,open=2,volume=none. Default: by the names vendors give them.", text =>
            ColumnMap.TryParse(text, out var columns, out var fault) ? (columns, null) : (null, fault));
        var scale = new Option<long>("--price-scale") { Description = "Prices in the file are so many times too large (LEAN: 10000).", DefaultValueFactory = _ => 1 };
        scale.Validators.Add(result => Positive(result, "--price-scale"));
        var delimiter = Parsed<byte?>("--delimiter", "What stands between columns: one character, or tab.", text => text is "tab" or "\\t"
            ? ((byte)'\t', null)
            : text.Length == 1 && char.IsAscii(text[0]) && text[0] is not ('"' or '\n' or '\r') ? ((byte)text[0], null) : (null, $"'{text}' is not a delimiter: one character, or tab, is expected."));
        var maxRejects = new Option<long?>("--max-rejects") { Description = "A file with more rejected rows fails. Default: no limit." };
        var force = new Option<bool>("--force") { Description = "Read files although they were imported already." };
        var noRollUps = new Option<bool>("--no-roll-ups") { Description = "Leave coarser timeframes as they are." };
        var noDerived = new Option<bool>("--no-derived") { Description = "Leave spread, ratios and quality to be computed later." };
        var tickerZone = Zone("--ticker-timezone", "IANA time zone of the trading days of tickers that are not there yet. Default: America/New_York.");
        var assetType = new Option<string?>("--asset-type") { Description = "Of tickers that are not there yet. Default: stock." };
        var command = new Command("import", "Import bars from files. Exit code 2 when rows were rejected: they are kept, with their line and the reason.")
        {
            paths, symbol, timeframe, source, policy, timeZone, dateFormat, map, scale, delimiter, maxRejects, force, noRollUps, noDerived, tickerZone, assetType,
        };
        command.SetAction((parsed, _) =>
        {
            var options = new ImportOptions
            {
                Symbol = parsed.GetResult(symbol) is null ? null : parsed.GetValue(symbol),
                Timeframe = parsed.GetResult(timeframe) is null ? null : parsed.GetValue(timeframe),
                Source = parsed.GetValue(source)!,
                Policy = parsed.GetValue(policy),
                TimeZone = parsed.GetValue(timeZone),
                DateFormat = parsed.GetValue(dateFormat),
                Columns = parsed.GetValue(map) ?? ColumnMap.Guess,
                PriceScale = parsed.GetValue(scale),
                Delimiter = parsed.GetValue(delimiter),
                MaxRejects = parsed.GetValue(maxRejects),
                Force = parsed.GetValue(force),
                RollUp = !parsed.GetValue(noRollUps),
                Derive = !parsed.GetValue(noDerived),
                TickerTimeZone = parsed.GetValue(tickerZone)?.Id,
                AssetType = parsed.GetValue(assetType),
            };
            var files = Files(parsed.GetValue(paths)!, out var missing);
            if (missing is not null)
            {
                Console.Error.WriteLine($"ingestor: {missing}");
                return Task.FromResult(1);
            }

            return Verb.RunAsync(builder(), (services, token) => RunAsync(services, files, options, token));
        });
        return command;
    }

    /// <summary>The files that are meant: folders with all below them that may hold bars, in the order of their names.</summary>
    internal static List<string> Files(IEnumerable<string> paths, out string? missing)
    {
        missing = null;
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (File.Exists(path))
            {
                files.Add(path);
            }
            else if (Directory.Exists(path))
            {
                var below = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                    .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
                missing ??= below.Count == 0 ? $"There is no file of bars in the folder '{path}' ({string.Join(", ", Extensions)})." : null;
                files.AddRange(below);
            }
            else
            {
                missing ??= $"There is no file or folder '{path}'.";
            }
        }

        return files;
    }

    private static async Task<int> RunAsync(IServiceProvider services, List<string> files, ImportOptions options, CancellationToken cancellationToken)
    {
        var runner = services.GetRequiredService<ImportRunner>();
        var time = services.GetRequiredService<TimeProvider>();
        var progress = new ImportProgress();
        var results = new List<ImportResult>();
        var begun = time.GetTimestamp();
        await using (var display = new ProgressDisplay(progress, Console.Error, !Console.IsErrorRedirected, time))
        {
            foreach (var file in files)
            {
                results.AddRange(await runner.ImportAsync(file, null, options, progress, cancellationToken));
            }
        }

        ImportSummary.Write(Console.Out, results, time.GetElapsedTime(begun));
        return ImportSummary.ExitCode(results);
    }

    private static Option<TimeZoneInfo> Zone(string name, string description) => Parsed<TimeZoneInfo>(name, description, text =>
        TimeZoneInfo.TryFindSystemTimeZoneById(text, out var zone) && zone.HasIanaId ? (zone, null) : (null, $"'{text}' is not an IANA time zone such as America/New_York."));

    private static Option<T> Parsed<T>(string name, string description, Func<string, (T? Value, string? Fault)> parse) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            var (value, fault) = parse(result.Tokens[0].Value);
            if (fault is not null)
            {
                result.AddError($"{name}: {fault}");
            }

            return value;
        },
    };

    private static void Positive(System.CommandLine.Parsing.OptionResult result, string name)
    {
        if (result.GetValueOrDefault<long>() < 1)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: a whole number of at least 1 is expected."));
        }
    }
}
