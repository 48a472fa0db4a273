using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spectre.Console;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Symbol = Wyckoff.Primitives.Symbol;

namespace Wyckoff.Ingestor.Sync;

/// <summary>The command-line verbs <c>sync</c> and <c>feeds</c>.</summary>
internal static class SyncVerbs
{
    private static readonly Option<string[]> Symbols = new("--symbol")
    {
        Description = "One or more symbols, separated by commas.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<Timeframe> Timeframe = new("--timeframe")
    {
        Description = "1m, 5m, 15m, 30m, 1h, 4h or 1d.",
        Required = true,
        CustomParser = ParseTimeframe,
    };
    private static readonly Option<string?> Provider = new("--provider")
    {
        Description = "alpaca, stooq, …; by default the configured one.",
    };

    public static IEnumerable<Command> All(Func<WebApplicationBuilder> builder) => [Sync(builder), Feeds(builder)];

    private static Command Sync(Func<WebApplicationBuilder> builder)
    {
        var from = new Option<DateTimeOffset>("--from")
        {
            Description = "Start of the range, ISO 8601, UTC unless it has an offset.",
            Required = true,
            CustomParser = ParseInstant,
        };
        var to = new Option<DateTimeOffset?>("--to")
        {
            Description = "End of the range, exclusive; by default now.",
            CustomParser = result => ParseInstant(result),
        };
        var ignoreImports = new Option<bool>("--ignore-imports") { Description = "Also fetch ranges that were filled from files." };
        var providerOptions = new Option<string[]>("--provider-option")
        {
            Description = "An option of the provider for this run, such as Feed=sip or Adjustment=split.",
        };
        var command = new Command("sync", "Fetch the missing bars of a range from a provider. Exit code 2: some bars could not be fetched.")
        {
            Symbols,
            Timeframe,
            from,
            to,
            Provider,
            ignoreImports,
            providerOptions,
        };
        command.SetAction(
            (parsed, _) =>
            {
                var host = builder();
                host.Logging.AddFilter("Wyckoff.Sync", LogLevel.Warning);
                foreach (var providerOption in parsed.GetValue(providerOptions) ?? [])
                {
                    if (providerOption.Split('=', 2) is not [{ Length: > 0 } key, var value])
                    {
                        return FailAsync($"'{providerOption}' is not an option: NAME=VALUE is expected.");
                    }

                    host.Configuration[$"{Section(parsed.GetValue(Provider), host.Configuration)}:{key}"] = value;
                }

                return Verb.RunAsync(
                    host,
                    async Task<int> (services, token) =>
                    {
                        var timeframe = parsed.GetRequiredValue(Timeframe);
                        var start = timeframe.Bound(parsed.GetValue(from));
                        var end = timeframe.Bound(parsed.GetValue(to) ?? services.GetRequiredService<TimeProvider>().GetUtcNow());
                        RefuseIf(
                            start >= end,
                            string.Create(CultureInfo.InvariantCulture, $"--from {start:O} is not before --to {end:O}.")
                        );
                        var results = new List<SyncResult>();
                        foreach (var symbol in ParseSymbols(parsed))
                        {
                            var result = await services
                                .GetRequiredService<SyncService>()
                                .EnsureAsync(
                                    new(symbol, timeframe, new(start, end), parsed.GetValue(Provider))
                                    {
                                        IgnoreImports = parsed.GetValue(ignoreImports),
                                    },
                                    token
                                );
                            results.Add(result);
                            await Console.Out.WriteLineAsync(Line(result));
                        }

                        return results.TrueForAll(result => result.Outcome == SyncOutcome.Success) ? 0
                            : results.TrueForAll(result => result.Outcome == SyncOutcome.Failed) ? 1
                            : 2;
                    }
                );
            }
        );
        return command;
    }

    private static Command Feeds(Func<WebApplicationBuilder> builder)
    {
        var since = new Option<DateTimeOffset>("--since")
        {
            Description = "Start of the range to keep complete, ISO 8601.",
            Required = true,
            CustomParser = ParseInstant,
        };
        var every = new Option<int>("--every")
        {
            Description = "Seconds from one sync to the next.",
            DefaultValueFactory = _ => FeedDraft.DefaultEverySeconds,
        };
        var live = new Option<bool>("--live") { Description = "Also receive bars from the provider's live stream." };
        var oneTimeframe = new Option<Timeframe?>("--timeframe")
        {
            Description = "Only feeds of this timeframe.",
            CustomParser = result => ParseTimeframe(result),
        };

        var list = new Command("list", "List the feeds with the result of their last sync.");
        list.SetAction(
            (_, _) =>
                Verb.RunAsync(
                    builder(),
                    async (services, token) =>
                    {
                        var console = VerbConsole.Create(Console.Out);
                        var feeds = console.NewTable(
                            new("Symbol"),
                            new("Timeframe"),
                            new("Provider"),
                            new("Since"),
                            new TableColumn("Every").RightAligned(),
                            new("Mode"),
                            new("Last sync")
                        );
                        foreach (var feed in await services.GetRequiredService<FeedStore>().ListAsync(token))
                        {
                            feeds.AddTextRow(
                                feed.Symbol.ToString(),
                                feed.Timeframe.ToString(),
                                feed.Provider,
                                feed.Since.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                                string.Create(CultureInfo.InvariantCulture, $"{feed.Every.TotalSeconds} s"),
                                (feed.Enabled ? "on" : "off") + (feed.Live ? ", live" : ""),
                                LastSync(feed)
                            );
                        }

                        console.Write(feeds);
                    }
                )
        );

        var add = new Command("add", "Add a feed, whose bars the Ingestor keeps up to date, or update an existing one.")
        {
            Symbols,
            Timeframe,
            Provider,
            since,
            every,
            live,
        };
        add.SetAction(
            (parsed, _) =>
                Verb.RunAsync(
                    builder(),
                    async (services, token) =>
                    {
                        if (FeedDraft.CheckInterval(parsed.GetValue(every)) is { } reason)
                        {
                            throw new RefusalException("--every " + reason);
                        }

                        foreach (var symbol in ParseSymbols(parsed))
                        {
                            var feed = await services
                                .GetRequiredService<FeedSetup>()
                                .AddAsync(
                                    new(
                                        symbol,
                                        parsed.GetRequiredValue(Timeframe),
                                        parsed.GetValue(Provider),
                                        parsed.GetValue(since),
                                        parsed.GetValue(every),
                                        parsed.GetValue(live)
                                    ),
                                    token
                                );
                            await Console.Out.WriteLineAsync($"{feed.Symbol} {feed.Timeframe} from {feed.Provider}");
                        }
                    }
                )
        );

        var remove = new Command("remove", "Remove feeds; stored bars are kept.") { Symbols, oneTimeframe, Provider };
        remove.SetAction(
            (parsed, _) =>
                Verb.RunAsync(
                    builder(),
                    async (services, token) =>
                    {
                        var removed = 0;
                        foreach (var symbol in ParseSymbols(parsed))
                        {
                            removed += await services
                                .GetRequiredService<FeedStore>()
                                .RemoveAsync(symbol, parsed.GetValue(oneTimeframe), parsed.GetValue(Provider), token);
                        }

                        RefuseIf(removed == 0, "There is no such feed; 'feeds list' shows all feeds.");
                        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{removed} removed"));
                    }
                )
        );

        return new("feeds", "Manage the feeds, whose bars the Ingestor keeps up to date.") { list, add, remove };
    }

    private static string Section(string? provider, IConfiguration configuration) =>
        (
            provider
            ?? configuration[SyncOptions.Section + ":Provider"]
            ?? (configuration[AlpacaOptions.Section + ":KeyId"] is null ? "" : AlpacaProvider.ProviderName)
        ) == AlpacaProvider.ProviderName
            ? AlpacaOptions.Section
            : CsvOptions.Section;

    private static string LastSync(FeedEntry feed) =>
        feed.LastSyncAt is not { } last
            ? "none yet"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{feed.Status} {last:yyyy-MM-dd HH:mm:ss}Z{(feed.Error is null ? "" : ": " + feed.Error)}"
            );

    private static string Line(SyncResult result)
    {
        var summary =
            result.RunId is null && result.Error is null
                ? "nothing was missing"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{EnumText.Of(result.Outcome)}: {result.Fetched} bars came, {result.Inserted} new, "
                        + $"{result.Updated} changed, {result.Rejected} rejected"
                );
        var missing =
            result.StillMissing.Count == 0
                ? ""
                : "; still missing: " + string.Join(" ", result.StillMissing.Take(5)) + (result.StillMissing.Count > 5 ? " …" : "");
        var error = result.Error is null ? "" : "; " + result.Error;
        return $"{result.Symbol} {result.Timeframe} {result.Provider}: {summary}{error}{missing}";
    }

    private static List<Symbol> ParseSymbols(ParseResult parsed)
    {
        var symbols = new List<Symbol>();
        foreach (
            var text in parsed
                .GetRequiredValue(Symbols)
                .SelectMany(part => part.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        )
        {
            RefuseIf(
                !Symbol.TryParse(text, out var symbol),
                $"--symbol '{text}': 1 to {Symbol.MaxLength.ToString(CultureInfo.InvariantCulture)} letters, digits "
                    + "or . - _ / ^ = : are expected."
            );
            symbols.Add(symbol);
        }

        return symbols;
    }

    private static Timeframe ParseTimeframe(ArgumentResult result)
    {
        if (!Primitives.Timeframe.TryParse(result.Tokens[0].Value, out var timeframe))
        {
            result.AddError(
                $"'{result.Tokens[0].Value}' is not a timeframe: one of {string.Join(", ", Primitives.Timeframe.Stored)} is expected."
            );
        }

        return timeframe;
    }

    private static DateTimeOffset ParseInstant(ArgumentResult result)
    {
        if (!DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
        {
            result.AddError($"'{result.Tokens[0].Value}' is not a time: ISO 8601 is expected, such as 2024-06-03 or 2024-06-03T14:30:00Z.");
        }

        return instant;
    }

    private static void RefuseIf(bool wrong, string reason)
    {
        if (wrong)
        {
            throw new RefusalException(reason);
        }
    }

    private static async Task<int> FailAsync(string reason)
    {
        await Console.Error.WriteLineAsync("ingestor: " + reason);
        return 1;
    }
}
