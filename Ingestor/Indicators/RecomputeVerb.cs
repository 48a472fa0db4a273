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

/// <summary><c>recompute</c>: everything that follows from bars, computed anew from all of them.</summary>
internal static class RecomputeVerb
{
    /// <summary>What is asked for. No timeframes: all for which there is something to compute.</summary>
    internal sealed record Wish(
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
            Description = "Of which symbols; several by commas.",
            CustomParser = result => Several(result, Symbol.Parse),
            AllowMultipleArgumentsPerToken = true,
        };
        var all = new Option<bool>("--all") { Description = "Of all symbols." };
        var timeframes = new Option<Timeframe[]>("--timeframe")
        {
            Description = "From the bars of which timeframes; several by commas. Default: all.",
            CustomParser = result => Several(result, Timeframe.Parse),
            AllowMultipleArgumentsPerToken = true,
        };
        var rollUps = new Option<bool>("--roll-ups") { Description = "Coarser bars that are aggregated from finer ones." };
        var derived = new Option<bool>("--derived") { Description = "Spread, ratios and quality of the bars." };
        var indicators = new Option<bool>("--indicators") { Description = "Indicators." };
        var command = new Command(
            "recompute",
            "Compute anew what follows from the bars: coarser bars, derived fields and indicators, or those of them that are named. What is right already stays as it is."
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
            // A parse error of its own is the better one.
            if (!result.Errors.Any() && result.GetResult(symbols) is null == !result.GetValue(all))
            {
                result.AddError("--symbol or --all: one of the two is expected.");
            }
        });
        command.SetAction(
            (parsed, _) =>
            {
                var nothingNamed = !parsed.GetValue(rollUps) && !parsed.GetValue(derived) && !parsed.GetValue(indicators);
                var wish = new Wish(
                    parsed.GetValue(symbols) ?? [],
                    parsed.GetValue(timeframes) ?? [],
                    nothingNamed || parsed.GetValue(rollUps),
                    nothingNamed || parsed.GetValue(derived),
                    nothingNamed || parsed.GetValue(indicators)
                );
                return Verb.RunAsync(Built(builder), (services, token) => RunAsync(services, wish, Console.Out, token));
            }
        );
        return command;
    }

    /// <summary>Symbol by symbol, finest timeframe first: what is coarser follows from it.</summary>
    /// <exception cref="RefusalException">There is no such symbol.</exception>
    public static async Task RunAsync(IServiceProvider services, Wish wish, TextWriter output, CancellationToken cancellationToken)
    {
        var bars = services.GetRequiredService<BarRecomputer>();
        var updater = services.GetRequiredService<IndicatorUpdater>();
        var timeframes = wish.Timeframes.Count > 0 ? wish.Timeframes : Timeframe.Stored;
        // The verb does what the worker would; a timeframe that is named is meant.
        var withIndicators =
            wish.Timeframes.Count > 0 ? wish.Timeframes : services.GetRequiredService<IOptions<IndicatorOptions>>().Value.Parse();
        foreach (var (id, symbol) in await TickersAsync(services.GetRequiredService<NpgsqlDataSource>(), wish.Symbols, cancellationToken))
        {
            foreach (var timeframe in Timeframe.Stored.Where(stored => wish.RollUps && !stored.IsDaily && timeframes.Contains(stored)))
            {
                await SayAsync(timeframe, "roll-ups", Words(await bars.RollUpAsync(id, timeframe, cancellationToken)));
            }

            foreach (var timeframe in Timeframe.Stored.Where(stored => wish.Derived && timeframes.Contains(stored)))
            {
                await SayAsync(timeframe, "derived", Words(await bars.RederiveAsync(id, timeframe, cancellationToken)));
            }

            foreach (var timeframe in Timeframe.Stored.Where(stored => wish.Indicators && withIndicators.Contains(stored)))
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
