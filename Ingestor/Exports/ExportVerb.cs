using System.CommandLine;
using System.Globalization;
using Wyckoff.Bars.Files;
using Wyckoff.Bars.Reading;
using Wyckoff.Parquet;
using Wyckoff.Primitives;
using Wyckoff.Tickers;
using Symbol = Wyckoff.Primitives.Symbol;

namespace Wyckoff.Ingestor.Exports;

/// <summary>The verb <c>export</c>: writes stored bars to a CSV or Parquet file, or to standard output.</summary>
internal static class ExportVerb
{
    private const string StandardOutput = "-";

    public static Command Create(Func<WebApplicationBuilder> builder)
    {
        var symbol = new Option<string>("--symbol") { Description = "One symbol, or several with commas between them.", Required = true };
        var timeframe = new Option<string>("--timeframe") { Description = "1m, 5m, 15m, 30m, 1h, 4h or 1d.", Required = true };
        var from = new Option<string>("--from")
        {
            Description =
                "The first instant, in UTC where no offset is given: 2024-01-31 or 2024-01-31T14:30:00Z. "
                + "From the first bar on, if left out.",
        };
        var to = new Option<string>("--to")
        {
            Description = "The instant before which the last bar opens. Up to the last bar, if left out.",
        };
        var format = new Option<string>("--format")
        {
            Description = "csv or parquet; as the name of the file ends, if left out, and csv on standard output.",
        };
        var output = new Option<string>("--output")
        {
            Description = "The file; - is standard output.",
            DefaultValueFactory = _ => StandardOutput,
        };
        var force = new Option<bool>("--force") { Description = "Replace the file if it exists." };
        var command = new Command("export", "Write stored bars to a CSV or Parquet file.")
        {
            symbol,
            timeframe,
            from,
            to,
            format,
            output,
            force,
        };
        command.SetAction(
            (parsed, _) =>
                Verb.RunAsync(
                    Quietly(builder()),
                    (services, token) =>
                        RunAsync(
                            services,
                            Request(
                                parsed.GetValue(symbol)!,
                                parsed.GetValue(timeframe)!,
                                parsed.GetValue(from),
                                parsed.GetValue(to),
                                parsed.GetValue(format),
                                parsed.GetValue(output)!,
                                parsed.GetValue(force)
                            ),
                            token
                        )
                )
        );
        return command;
    }

    private static async Task RunAsync(IServiceProvider services, ExportRequest request, CancellationToken cancellationToken)
    {
        var directory = services.GetRequiredService<TickerDirectory>();
        var tickers = new List<(Symbol Symbol, int Id)>();
        foreach (var symbol in request.Symbols)
        {
            // All symbols are looked up before the first byte is written.
            tickers.Add(
                (
                    symbol,
                    (await directory.FindAsync(symbol, cancellationToken))?.Id
                        ?? throw new RefusalException($"There is no symbol '{symbol}' in the database.")
                )
            );
        }

        if (request.Output == StandardOutput)
        {
            await using var console = Console.OpenStandardOutput();
            await WriteAsync(services, request, tickers, console, cancellationToken);
            return;
        }

        // The file gets its name only when it is complete, so nobody uses half an export.
        var path = Path.GetFullPath(request.Output);
        var part = path + ".part";
        try
        {
            long bars;
            await using (
                var file = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous)
            )
            {
                bars = await WriteAsync(services, request, tickers, file, cancellationToken);
            }

            File.Move(part, path, request.Force);
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{bars} bars in {request.Output}"));
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException and not ParquetException))
        {
            // The user chose the file, so the error is theirs to fix. Database errors are exceptions of the driver.
            throw new RefusalException($"--output {request.Output}: {e.Message}", e);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task<long> WriteAsync(
        IServiceProvider services,
        ExportRequest request,
        List<(Symbol Symbol, int Id)> tickers,
        Stream output,
        CancellationToken cancellationToken
    )
    {
        var export = new BarExport(services.GetRequiredService<BarReader>());
        using var writer = BarFileWriter.Create(request.Format, output);
        long bars = 0;
        foreach (var (symbol, id) in tickers)
        {
            bars += await export.WriteAsync(writer, symbol, id, request.Timeframe, request.From, request.To, cancellationToken);
        }

        await writer.FinishAsync(cancellationToken);
        return bars;
    }

    private static ExportRequest Request(
        string symbols,
        string timeframe,
        string? from,
        string? to,
        string? format,
        string output,
        bool force
    )
    {
        if (!Timeframe.TryParse(timeframe, out var frame))
        {
            throw new RefusalException($"--timeframe {timeframe}: one of {string.Join(", ", Timeframe.Stored)} was expected.");
        }

        var request = new ExportRequest(
            [
                .. symbols
                    .Split(',', StringSplitOptions.TrimEntries)
                    .Select(symbol =>
                        Symbol.TryParse(symbol, out var parsed)
                            ? parsed
                            : throw new RefusalException(
                                $"--symbol {symbol}: 1 to {Symbol.MaxLength} letters, digits or . - _ / ^ = : were expected."
                            )
                    )
                    .Distinct(),
            ],
            frame,
            Instant("--from", from, frame),
            Instant("--to", to, frame),
            Format(format, output),
            output,
            force
        );
        if (request.From >= request.To)
        {
            throw new RefusalException($"--from {from} is not before --to {to}.");
        }

        if (output != StandardOutput && File.Exists(output) && !force)
        {
            throw new RefusalException($"{output} exists; --force replaces it.");
        }

        return request;
    }

    private static BarFormat Format(string? format, string output) =>
        (format ?? Path.GetExtension(output).TrimStart('.')).ToLowerInvariant() switch
        {
            "csv" => BarFormat.Csv,
            "parquet" => BarFormat.Parquet,
            "" when format is null && output == StandardOutput => BarFormat.Csv,
            _ => throw new RefusalException(
                format is null
                    ? $"--output {output}: a name that ends in .csv or .parquet was expected, or --format."
                    : $"--format {format}: csv or parquet was expected."
            ),
        };

    private static DateTimeOffset? Instant(string option, string? text, Timeframe timeframe)
    {
        if (text is null)
        {
            return null;
        }

        return
            char.IsAsciiDigit(text.FirstOrDefault())
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? timeframe.Bound(instant)
            : throw new RefusalException($"{option} {text}: an instant such as 2024-01-31 or 2024-01-31T14:30:00Z was expected.");
    }

    // Log lines go to standard error, because standard output is for bars.
    private static WebApplicationBuilder Quietly(WebApplicationBuilder builder)
    {
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(options =>
            options.LogToStandardErrorThreshold = LogLevel.Trace
        );
        return builder;
    }

    private sealed record ExportRequest(
        IReadOnlyList<Symbol> Symbols,
        Timeframe Timeframe,
        DateTimeOffset? From,
        DateTimeOffset? To,
        BarFormat Format,
        string Output,
        bool Force
    );
}
