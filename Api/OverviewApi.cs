using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Wyckoff.Api.Access;
using Wyckoff.Api.Bars;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Api.Pipeline;
using Wyckoff.Overview;
using Wyckoff.Primitives;

namespace Wyckoff.Api;

/// <summary>Lists all active tickers with their price and its change in 24 hours.</summary>
public static partial class OverviewApi
{
    private static readonly string[] Figures = ["price", "price24hAgo", "change24h", "change24hPct", "high24h", "low24h", "volume24h"];

    private static readonly Parameter<OverviewOrder> Sort = Parameters.Choice(
        "sort",
        "The sort order; change is in percent.",
        OverviewOrder.Change
    );
    private static readonly Parameter<bool> Order = Parameters.Words(
        "order",
        "desc: largest first; asc: smallest first. Unknown values come last. Default: desc, for symbols asc.",
        ("asc", false),
        ("desc", true)
    ) with
    {
        ChoicesName = BarParameters.Order.ChoicesName,
    };
    private static readonly Parameter<decimal> MinChange = Parameters.Number(
        "minChange",
        "Only tickers whose change is at least this many percent."
    ) with
    {
        Example = "-10",
    };
    private static readonly Parameter<decimal> MaxChange = Parameters.Number(
        "maxChange",
        "Only tickers whose change is at most this many percent."
    ) with
    {
        Example = "10",
    };
    private static readonly Parameter<int> Limit = Parameters.Whole("limit", "The largest number of tickers to return.", 1, 10_000, 100);
    private static readonly Parameter<IReadOnlyList<Symbol>> Symbols = BarParameters.Symbols with
    {
        Description = "Only these tickers: symbols, separated by commas; at most 100. Tickers that do not exist are left out.",
        Required = false,
    };
    private static readonly Parameter[] Takes =
    [
        Sort,
        Order,
        MinChange,
        MaxChange,
        Parameters.AssetType,
        Parameters.Search,
        Symbols,
        Limit,
        Parameters.Cursor,
    ];

    public static void MapOverview(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Market data");
        group
            .MapGet("/overview", GetAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetOverview")
            .WithSummary("All active tickers with bars: price, and change in 24 hours.")
            .WithDescription(
                "As of refreshedAt; the Ingestor refreshes it every few minutes. The price 24 hours ago is the last close "
                    + "known then; of daily bars, the close of the previous session."
            )
            .Takes(Takes)
            .Produces<OverviewResponse>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"tickers":[{"symbol":"SPY","name":"SPDR S&P 500 ETF Trust","timeframe":"1m","timestamp":"2024-06-03T19:59:00Z",
                  "price":527.8,"price24hAgo":527.37,"change24h":0.43,"change24hPct":0.0815,"high24h":530.11,"low24h":522.6,
                  "volume24h":46835700}],"count":1,"next":null,"refreshedAt":"2024-06-03T20:02:11.5Z"}
                """
            );
    }

    private static async Task<IResult> GetAsync(HttpContext context, OverviewReader overview, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, Takes);
        var sort = reader.Get(Sort, OverviewOrder.Change);
        var query = new OverviewQuery(
            sort,
            reader.Get(Order, sort != OverviewOrder.Symbol),
            reader.Find(MinChange),
            reader.Find(MaxChange),
            reader.Get(Parameters.AssetType),
            reader.Get(Parameters.Search),
            reader.Get(Symbols),
            reader.Get(Limit, 100)
        );
        if (query.MinChange > query.MaxChange)
        {
            reader.AddError(MinChange.Name, $"{MinChange.Name} is greater than {MaxChange.Name}.");
        }

        var cursor = string.Join(
            '|',
            ["overview", $"{query with { Symbols = null }}", .. (query.Symbols ?? []).Select(symbol => symbol.Value)]
        );
        query = query with { After = reader.FindPosition<OverviewPosition>(cursor, text => Position(sort, text)) };
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var body = new JsonResponseWriter(context.Response);
        await overview.ReadAsync(
            // One row more than the limit tells whether there is another page.
            query with
            {
                Limit = query.Limit + 1,
            },
            async (rows, token) =>
            {
                body.Restart();
                var json = body.Writer;
                json.WriteStartObject();
                json.WriteStartArray("tickers");
                var count = 0;
                DateTimeOffset? refreshed = null;
                OverviewPosition last = default;
                string? next = null;
                while (await rows.ReadAsync(token))
                {
                    if (count == query.Limit)
                    {
                        next = Cursor.Make(cursor, Position(last));
                        break;
                    }

                    refreshed = Write(json, rows);
                    last = new(await rows.IsDBNullAsync(12, token) ? null : rows.GetString(12), rows.GetString(0));
                    count++;
                    await body.SendFullAsync(token);
                }

                json.WriteEndArray();
                json.WriteNumber("count", count);
                json.WriteString("next", next);
                if (refreshed is { } at)
                {
                    json.WriteString("refreshedAt", at.UtcDateTime);
                }
                else
                {
                    json.WriteNull("refreshedAt");
                }

                json.WriteEndObject();
            },
            cancellationToken
        );
        await body.SendAsync(cancellationToken);
        return TypedResults.Empty;
    }

    // A symbol has no bar in it.
    private static string Position(OverviewPosition position) => $"{position.Symbol}|{position.Value}";

    private static OverviewPosition? Position(OverviewOrder sort, string text) =>
        text.Split('|') is [var name, var value]
        && Symbol.TryParse(name, out var symbol)
        && (value.Length == 0 || (sort == OverviewOrder.Symbol ? Symbol.TryParse(value, out _) : IsNumber(value)))
            ? new(value.Length == 0 ? null : value, symbol.Value)
            : null;

    // The database's numbers have more digits than a decimal; here only their form matters.
    private static bool IsNumber(string text) => text == "NaN" || Number().IsMatch(text);

    [GeneratedRegex(@"^-?[0-9]{1,100}(\.[0-9]{1,100})?\z")]
    private static partial Regex Number();

    private static DateTimeOffset Write(Utf8JsonWriter json, NpgsqlDataReader row)
    {
        json.WriteStartObject();
        json.WriteString("symbol", row.GetString(0));
        json.WriteString("name", row.IsDBNull(1) ? null : row.GetString(1));
        json.WriteString("timeframe", row.GetString(2));
        json.WriteString("timestamp", row.GetFieldValue<DateTimeOffset>(3).UtcDateTime);
        for (var i = 0; i < Figures.Length; i++)
        {
            json.WritePropertyName(Figures[i]);
            json.WriteRawValue(row.IsDBNull(i + 5) ? "null" : row.GetString(i + 5));
        }

        json.WriteEndObject();
        return row.GetFieldValue<DateTimeOffset>(4);
    }
}

/// <summary>
/// The overview, as of refreshedAt; null if the list is empty. 'next' is the cursor of the next page, if there is one.
/// </summary>
public sealed record OverviewResponse(IReadOnlyList<OverviewRow> Tickers, int Count, string? Next, DateTimeOffset? RefreshedAt);

/// <summary>A ticker: the price is the close of its newest bar, which timeframe and timestamp identify. Unknown values are null.</summary>
public sealed record OverviewRow(
    string Symbol,
    string? Name,
    string Timeframe,
    DateTimeOffset Timestamp,
    decimal? Price,
    decimal? Price24hAgo,
    decimal? Change24h,
    decimal? Change24hPct,
    decimal? High24h,
    decimal? Low24h,
    decimal? Volume24h
);
