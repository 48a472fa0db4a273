using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Bars.RollUp;
using Wyckoff.Indicators;
using Wyckoff.Primitives;
using Symbol = Wyckoff.Primitives.Symbol;

namespace Wyckoff.Ingestor.Indicators;

/// <summary>The command <c>recompute</c>, which recomputes coarser bars, derived fields and indicators from the stored bars.</summary>
internal static class RecomputeVerb
{
    /// <summary>What to recompute. No symbols means all tickers, no timeframes means all timeframes.</summary>
    internal sealed record Request(
        IReadOnlyList<Symbol> Symbols,
        IReadOnlyList<Timeframe> Timeframes,
        bool RollUps,
        bool Derived,
        bool Indicators
    );

    public static Command Create(Func<WebApplicationBuilder> builder)
    {
        var symbols = new Option<Symbol[]>("--symbol")
        {
            Description = "The symbols, separated by commas.",
            CustomParser = result => Several(result, Symbol.Parse),
            AllowMultipleArgumentsPerToken = true,
        };
        var all = new Option<bool>("--all") { Description = "All symbols." };
        var timeframes = new Option<Timeframe[]>("--timeframe")
        {
            Description = "The timeframes of the bars to compute from, separated by commas. Default: all.",
            CustomParser = result => Several(result, Timeframe.Parse),
            AllowMultipleArgumentsPerToken = true,
        };
        var rollUps = new Option<bool>("--roll-ups") { Description = "Recompute coarser bars from finer ones." };
        var derived = new Option<bool>("--derived") { Description = "Recompute spread, ratios and quality of the bars." };
        var indicators = new Option<bool>("--indicators") { Description = "Recompute indicators." };
        var command = new Command(
            "recompute",
            "Recompute coarser bars, derived fields and indicators from the stored bars. Without options that name some of them, all are "
                + "recomputed. Correct values are not written again."
        )
        {
            symbols,
            all,
            timeframes,
            rollUps,
            derived,
            indicators,
        };
        command.Validators.Add(result =>
        {
            // A parse error of an option is more helpful than this one.
            if (!result.Errors.Any() && result.GetResult(symbols) is null == !result.GetValue(all))
            {
                result.AddError("--symbol or --all: one of the two is expected.");
            }
        });
        command.SetAction(
            (parsed, _) =>
            {
                var nothingNamed = !parsed.GetValue(rollUps) && !parsed.GetValue(derived) && !parsed.GetValue(indicators);
                var request = new Request(
                    parsed.GetValue(symbols) ?? [],
                    parsed.GetValue(timeframes) ?? [],
                    nothingNamed || parsed.GetValue(rollUps),
                    nothingNamed || parsed.GetValue(derived),
                    nothingNamed || parsed.GetValue(indicators)
                );
                return Verb.RunAsync(Built(builder), (services, token) => RunAsync(services, request, Console.Out, token));
            }
        );
        return command;
    }

    /// <summary>Recomputes symbol by symbol, finest timeframe first, because coarser bars are made of finer ones.</summary>
    /// <exception cref="RefusalException">A symbol does not exist.</exception>
    public static async Task RunAsync(IServiceProvider services, Request request, TextWriter output, CancellationToken cancellationToken)
    {
        var bars = services.GetRequiredService<BarRecomputer>();
        var updater = services.GetRequiredService<IndicatorUpdater>();
        var timeframes = request.Timeframes.Count > 0 ? request.Timeframes : Timeframe.Stored;
        // Indicators: the timeframes that are named, or else those that the worker computes.
        var withIndicators =
            request.Timeframes.Count > 0 ? request.Timeframes : services.GetRequiredService<IOptions<IndicatorOptions>>().Value.Parse();
        foreach (
            var (id, symbol) in await TickersAsync(services.GetRequiredService<NpgsqlDataSource>(), request.Symbols, cancellationToken)
        )
        {
            foreach (var timeframe in Timeframe.Stored.Where(stored => request.RollUps && !stored.IsDaily && timeframes.Contains(stored)))
            {
                await SayAsync(timeframe, "roll-ups", Words(await bars.RollUpAsync(id, timeframe, cancellationToken)));
            }

            foreach (var timeframe in Timeframe.Stored.Where(stored => request.Derived && timeframes.Contains(stored)))
            {
                await SayAsync(timeframe, "derived", Words(await bars.RederiveAsync(id, timeframe, cancellationToken)));
            }

            foreach (var timeframe in Timeframe.Stored.Where(stored => request.Indicators && withIndicators.Contains(stored)))
            {
                var update = await updater.RecomputeAsync(id, timeframe, cancellationToken);
                await SayAsync(
                    timeframe,
                    "indicators",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{update.Computed} bars, {update.Written} rows were not right, {update.Deleted} had no bar"
                    )
                );
            }

            Task SayAsync(Timeframe timeframe, string what, string words) =>
                output.WriteLineAsync($"{symbol, -20} {timeframe, -4} {what, -11} {words}");
        }

        static string Words(int changed) =>
            changed == 0
                ? "all right"
                : string.Create(CultureInfo.InvariantCulture, $"{changed} {(changed == 1 ? "range was" : "ranges were")} not right");
    }

    private static WebApplicationBuilder Built(Func<WebApplicationBuilder> builder)
    {
        var built = builder();
        IndicatorOptions.Add(built.Services);
        return built;
    }

    private static async Task<List<(int Id, string Symbol)>> TickersAsync(
        NpgsqlDataSource source,
        IReadOnlyList<Symbol> symbols,
        CancellationToken cancellationToken
    )
    {
        await using var command = source.CreateCommand(
            "SELECT id, symbol FROM market.tickers WHERE symbol = ANY($1) OR cardinality($1) = 0 ORDER BY symbol"
        );
        command.Parameters.Add(new() { Value = symbols.Select(symbol => symbol.Value).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var tickers = new List<(int, string)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            tickers.Add((reader.GetInt32(0), reader.GetString(1)));
        }

        return symbols.FirstOrDefault(symbol => tickers.All(ticker => ticker.Item2 != symbol.Value)) is { Value.Length: > 0 } unknown
            ? throw new RefusalException($"--symbol: there is no symbol '{unknown}'.")
            : tickers;
    }

    private static T[]? Several<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return
            [
                .. result
                    .Tokens.SelectMany(token =>
                        token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    )
                    .Select(parse)
                    .Distinct(),
            ];
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return null;
        }
    }
}
