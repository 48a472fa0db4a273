using System.Globalization;
using System.Text.Json;
using Npgsql;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Api.Pipeline;
using Wyckoff.Indicators;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Api;

/// <summary>Reads values computed from bars: indicators and features.</summary>
public static class ComputedValuesApi
{
    private const int DefaultLimit = 500;

    private static readonly (string Name, string Column)[] IndicatorFields =
    [
        ("sma20", "sma_20"),
        ("sma50", "sma_50"),
        ("ema12", "ema_12"),
        ("ema26", "ema_26"),
        ("rsi14", "rsi_14"),
        ("macd", "macd"),
        ("macdSignal", "macd_signal"),
        ("macdHistogram", "macd_histogram"),
        ("bbUpper", "bb_upper"),
        ("bbMiddle", "bb_middle"),
        ("bbLower", "bb_lower"),
        ("volume24h", "volume_24h"),
    ];

    private static readonly Parameter<DateTimeOffset> From = Parameters.From with
    {
        Description = Parameters.From.Description + " Default: the newest rows.",
    };
    private static readonly Parameter<DateTimeOffset> To = Parameters.To with
    {
        Description = Parameters.To.Description + " Default: now.",
    };
    private static readonly Parameter<int> Limit = Parameters.Whole(
        "limit",
        "The largest number of rows; with 'from', per page.",
        1,
        10_000,
        DefaultLimit
    );
    private static readonly Parameter<IReadOnlyList<string>> Fields = Parameters.Fields([.. IndicatorFields.Select(field => field.Name)]);
    private static readonly Parameter<string> Version = Parameters.Text(
        "featureVersion",
        "The version of the feature computation. Default: all versions.",
        20
    ) with
    {
        Example = "v1",
    };

    private static readonly Parameter[] OfIndicators =
    [
        Parameters.Symbol,
        Parameters.StoredTimeframe,
        From,
        To,
        Limit,
        Parameters.Cursor,
        Fields,
    ];
    private static readonly Parameter[] OfFeatures =
    [
        Parameters.Symbol,
        Parameters.StoredTimeframe,
        From,
        To,
        Limit,
        Parameters.Cursor,
        Version,
    ];

    public static void MapComputedValues(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Market data");
        group
            .MapGet("/indicators/{symbol}", GetIndicatorsAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetIndicators")
            .WithSummary("Indicators of the bars of a symbol, oldest first: the newest, or a range page by page.")
            .WithDescription(
                "One row per bar, with the timestamp of the bar; an indicator is null while it has too few bars. "
                    + "Indicators follow changes of bars within seconds."
            )
            .Takes(OfIndicators)
            .Produces<IndicatorsResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"symbol":"SPY","timeframe":"1d","indicators":[{"timestamp":"2024-06-03T00:00:00Z",
                  "sma20":523.9125,"sma50":515.7332,"ema12":526.18,"ema26":521.7,"rsi14":58.91,"macd":4.48,"macdSignal":4.6,
                  "macdHistogram":-0.12,"bbUpper":534.01,"bbMiddle":523.9125,"bbLower":513.815,"volume24h":46835700}],"count":1,"next":null}
                """
            );
        group
            .MapGet("/features/{symbol}", GetFeaturesAsync)
            .Needs(EndpointAccess.MarketData)
            .WithName("GetFeatures")
            .WithSummary(
                "Features of the bars of a symbol and the market regime of a hidden Markov model, oldest first: the "
                    + "newest, or a range page by page."
            )
            .WithDescription(
                "One row per bar and feature version, with the timestamp of the bar, ordered by version. State -1 marks "
                    + "bars unlike any that the model has seen."
            )
            .Takes(OfFeatures)
            .Produces<FeaturesResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownSymbol, Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"symbol":"SPY","timeframe":"1d","features":[{"timestamp":"2024-06-03T00:00:00Z","featureVersion":"v1",
                  "features":{"effort":1.25,"spread_z":-0.4},"modelId":"hmm-4","stateId":2,"stateProb":0.93,"logLikelihood":-12.5}],
                  "count":1,"next":null}
                """
            );
    }

    private static async Task<IResult> GetIndicatorsAsync(
        HttpContext context,
        ComputedValuesReader rows,
        TickerSearch search,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfIndicators);
        var named = reader.Get(Fields);
        var fields = named is null
            ? IndicatorFields
            : [.. IndicatorFields.Where(field => named.Contains(field.Name, StringComparer.Ordinal))];
        var (query, cursor) = Read(reader, time, ComputedValuesTable.Indicators, [.. fields.Select(field => Number(field.Column))], null);
        return await AnswerAsync(
            context,
            reader,
            rows,
            search,
            query,
            cursor,
            "indicators",
            (json, row) =>
            {
                for (var i = 0; i < fields.Length; i++)
                {
                    Write(json, fields[i].Name, row, i + 1);
                }
            },
            cancellationToken
        );
    }

    private static async Task<IResult> GetFeaturesAsync(
        HttpContext context,
        ComputedValuesReader rows,
        TickerSearch search,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfFeatures);
        var (query, cursor) = Read(
            reader,
            time,
            ComputedValuesTable.Features,
            ["features", "model_id", "state_id", Number("state_prob"), Number("log_likelihood")],
            reader.Get(Version)
        );
        return await AnswerAsync(
            context,
            reader,
            rows,
            search,
            query,
            cursor,
            "features",
            static (json, row) =>
            {
                json.WriteString("featureVersion", row.GetString(1));
                json.WritePropertyName("features");
                json.WriteRawValue(row.GetString(2), skipInputValidation: true);
                json.WriteString("modelId", row.IsDBNull(3) ? null : row.GetString(3));
                Write(json, "stateId", row, 4);
                Write(json, "stateProb", row, 5);
                Write(json, "logLikelihood", row, 6);
            },
            cancellationToken
        );
    }

    private static (ComputedValuesQuery Query, string Cursor) Read(
        RequestReader reader,
        TimeProvider time,
        ComputedValuesTable table,
        IReadOnlyList<string> columns,
        string? version
    )
    {
        var symbol = reader.Get(Parameters.Symbol);
        var timeframe = reader.Get(Parameters.StoredTimeframe, Timeframe.Day1);
        var (from, until) = reader.Range(From, To, timeframe);
        var to = until ?? time.GetUtcNow() + TimeSpan.FromDays(1);
        var query = new ComputedValuesQuery(table, columns, symbol, timeframe, from, to, reader.Get(Limit, DefaultLimit))
        {
            Version = version,
        };
        var cursor = string.Create(
            CultureInfo.InvariantCulture,
            $"{table.Name}|{symbol}|{timeframe}|{from?.UtcTicks}|{until?.UtcTicks}|{version}"
        );
        reader.RequireRange(from, to);
        if (reader.FindPosition(cursor, text => from is null ? null : Position(text)) is { } position)
        {
            query = query with { After = position };
        }

        return (query, cursor);
    }

    private static async Task<IResult> AnswerAsync(
        HttpContext context,
        RequestReader reader,
        ComputedValuesReader rows,
        TickerSearch search,
        ComputedValuesQuery query,
        string cursor,
        string list,
        Action<Utf8JsonWriter, NpgsqlDataReader> write,
        CancellationToken cancellationToken
    )
    {
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var body = new JsonResponseWriter(context.Response);
        var found = await rows.ReadAsync(
            query,
            async (row, token) =>
            {
                body.Restart();
                var json = body.Writer;
                json.WriteStartObject();
                json.WriteString("symbol", query.Symbol.Value);
                json.WriteString("timeframe", query.Timeframe.Name);
                json.WriteStartArray(list);
                var count = 0;
                string? last = null;
                string? next = null;
                while (await row.ReadAsync(token))
                {
                    if (count == query.Limit)
                    {
                        next = Cursor.Make(cursor, last!);
                        break;
                    }

                    var timestamp = Time(row);
                    json.WriteStartObject();
                    json.WriteString("timestamp", timestamp.UtcDateTime);
                    write(json, row);
                    json.WriteEndObject();
                    if (++count == query.Limit)
                    {
                        last = Position(timestamp, query.Table.VersionColumn is null ? "" : row.GetString(1));
                    }

                    await body.SendFullAsync(token);
                }

                json.WriteEndArray();
                json.WriteNumber("count", count);
                json.WriteString("next", next);
                json.WriteEndObject();
            },
            cancellationToken
        );
        if (!found)
        {
            return await Problems.UnknownSymbolAsync(search, [query.Symbol], cancellationToken);
        }

        await body.SendAsync(cancellationToken);
        return TypedResults.Empty;
    }

    private static DateTimeOffset Time(NpgsqlDataReader row) => row.GetFieldValue<DateTimeOffset>(0);

    // A numeric can be NaN, which JSON numbers cannot.
    private static string Number(string column) => $"trim_scale(nullif({column}, 'NaN'))";

    private static void Write(Utf8JsonWriter json, string name, NpgsqlDataReader row, int column)
    {
        if (row.IsDBNull(column))
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, row.GetDecimal(column));
        }
    }

    private static string Position(DateTimeOffset timestamp, string version) =>
        string.Create(CultureInfo.InvariantCulture, $"{timestamp.UtcTicks / TimeSpan.TicksPerMicrosecond}|{version}");

    private static (DateTimeOffset, string)? Position(string text) =>
        text.Split('|', 2) is [var time, var version]
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
        && microseconds <= DateTimeOffset.MaxValue.UtcTicks / TimeSpan.TicksPerMicrosecond
        && !version.Any(char.IsControl)
            ? (new(microseconds * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero), version)
            : null;
}

/// <summary>Indicators of one symbol and timeframe. 'next' is the cursor of the next page, if there is one.</summary>
public sealed record IndicatorsResponse(string Symbol, string Timeframe, IReadOnlyList<IndicatorsRow> Indicators, int Count, string? Next);

/// <summary>The requested indicators of a bar; null while there are too few bars.</summary>
public sealed record IndicatorsRow
{
    public required DateTimeOffset Timestamp { get; init; }

    public decimal? Sma20 { get; init; }

    public decimal? Sma50 { get; init; }

    public decimal? Ema12 { get; init; }

    public decimal? Ema26 { get; init; }

    /// <summary>0 to 100.</summary>
    public decimal? Rsi14 { get; init; }

    public decimal? Macd { get; init; }

    public decimal? MacdSignal { get; init; }

    public decimal? MacdHistogram { get; init; }

    public decimal? BbUpper { get; init; }

    public decimal? BbMiddle { get; init; }

    public decimal? BbLower { get; init; }

    /// <summary>The volume of the 24 hours up to the close of the bar.</summary>
    public decimal? Volume24h { get; init; }
}

/// <summary>Features of one symbol and timeframe. 'next' is the cursor of the next page, if there is one.</summary>
public sealed record FeaturesResponse(string Symbol, string Timeframe, IReadOnlyList<FeaturesRow> Features, int Count, string? Next);

/// <summary>The features of a bar in one version of the computation.</summary>
public sealed record FeaturesRow(
    DateTimeOffset Timestamp,
    string FeatureVersion,
    JsonElement Features,
    string? ModelId,
    int? StateId,
    decimal? StateProb,
    decimal? LogLikelihood
);
