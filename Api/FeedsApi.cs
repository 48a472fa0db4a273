using Wyckoff.Api.Access;
using Wyckoff.Api.Bars;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Api;

/// <summary>Lists, adds and removes the feeds that the Ingestor keeps up to date.</summary>
public static class FeedsApi
{
    private const string Example = """
        {"id":1,"symbol":"SPY","timeframe":"1m","provider":"alpaca","since":"2024-01-01T00:00:00Z","everySeconds":60,
          "live":false,"enabled":true,"nextDue":"2024-06-05T08:01:00Z","status":"success","lastSyncAt":"2024-06-05T08:00:00Z",
          "error":null}
        """;

    private static readonly Parameter<int> Id = Parameters.Whole("id", "The id of the feed.", 1, int.MaxValue) with
    {
        InPath = true,
        Required = true,
        Example = "1",
    };
    private static readonly Parameter<Symbol> FeedSymbol = Parameters.Symbol with { InPath = false };
    private static readonly Parameter<Timeframe> FeedTimeframe = Parameters.StoredTimeframe with { Required = true, Default = null };
    private static readonly Parameter<DateTimeOffset> Since = new("since", "Start of the range to keep complete.", Parameters.ReadInstant)
    {
        Required = true,
    };
    private static readonly Parameter<bool> Live = Parameters.Flag("live", "Also receive bars from the provider's live stream.");
    private static readonly Parameter[] OfOne = [Id];
    private static readonly string[] Names = ["symbol", "timeframe", "provider", "since", "everySeconds", "live"];

    public static void MapFeeds(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/feeds").WithTags("Sync");
        group
            .MapGet("/", ListAsync)
            .Needs(EndpointAccess.Read)
            .WithName("ListFeeds")
            .WithSummary("List the feeds that the Ingestor keeps up to date, with the result of their last sync.")
            .Takes([])
            .Produces<FeedsResponse>()
            .Answers("application/json", $$"""{"feeds":[{{Example}}]}""");
        group
            .MapPost("/", PostAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("PostFeed")
            .WithSummary("Add a feed, or change the existing one of this symbol, timeframe and provider. The Ingestor syncs it at once.")
            .WithDescription("A symbol that is not known yet becomes a ticker. A provider that is named need not be configured here.")
            .Takes([])
            .TakesJson<FeedBody>(
                """{"symbol":"SPY","timeframe":"1m","provider":"alpaca","since":"2024-01-01T00:00:00Z","everySeconds":60}""",
                "application/json"
            )
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .Produces<FeedResponse>()
            .Answers("application/json", Example);
        group
            .MapDelete("/{id}", DeleteAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("DeleteFeed")
            .WithSummary("Remove a feed. Its bars are kept.")
            .Takes(OfOne)
            .Produces(StatusCodes.Status204NoContent)
            .Fails(Problems.UnknownFeed);
    }

    private static async Task<IResult> ListAsync(HttpContext context, FeedStore feeds, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, []);
        return reader.HasErrors
            ? reader.Problem()
            : TypedResults.Ok(new FeedsResponse([.. (await feeds.ListAsync(cancellationToken)).Select(FeedResponse.Of)]));
    }

    private static async Task<IResult> PostAsync(HttpContext context, FeedSetup setup, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, []);
        var body = await JsonBodyReader.ReadAsync(context, reader, Names);
        var symbol = body.Get(FeedSymbol, default);
        var timeframe = body.Get(FeedTimeframe, Timeframe.Day1);
        var provider = body.TextOrNull("provider", BarParameters.MaxProvider, null);
        var since = body.Get(Since, DateTimeOffset.MinValue);
        var every = body.Whole("everySeconds") ?? FeedDraft.DefaultEverySeconds;
        var live = body.Get(Live, false);
        if (FeedDraft.CheckInterval(every) is { } error)
        {
            reader.AddError("everySeconds", error);
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        try
        {
            var draft = new FeedDraft(symbol, timeframe, provider, since, every, live);
            return TypedResults.Ok(FeedResponse.Of(await setup.AddAsync(draft, cancellationToken)));
        }
        catch (NoSuchProviderException e)
        {
            reader.AddError("provider", e.Message);
            return reader.Problem();
        }
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, FeedStore feeds, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        return await feeds.RemoveAsync(id, cancellationToken)
            ? TypedResults.NoContent()
            : Problems.Of(Problems.UnknownFeed, FormattableString.Invariant($"There is no feed {id}."));
    }
}

/// <summary>A feed to add or to change.</summary>
public sealed record FeedBody
{
    public required string Symbol { get; init; }

    /// <summary>1m, 5m, 15m, 30m, 1h, 4h or 1d.</summary>
    public required string Timeframe { get; init; }

    /// <summary>Default: the configured provider.</summary>
    public string? Provider { get; init; }

    /// <summary>Start of the range to keep complete.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Seconds from one sync to the next, at least 1.</summary>
    public int EverySeconds { get; init; } = FeedDraft.DefaultEverySeconds;

    /// <summary>Also receive bars from the provider's live stream.</summary>
    public bool Live { get; init; }
}

/// <summary>All feeds.</summary>
public sealed record FeedsResponse(IReadOnlyList<FeedResponse> Feeds);

/// <summary>A symbol and timeframe that the Ingestor keeps up to date.</summary>
public sealed record FeedResponse(
    int Id,
    string Symbol,
    string Timeframe,
    string Provider,
    DateTimeOffset Since,
    int EverySeconds,
    bool Live,
    bool Enabled,
    DateTimeOffset NextDue,
    string? Status,
    DateTimeOffset? LastSyncAt,
    string? Error
)
{
    public static FeedResponse Of(FeedEntry feed) =>
        new(
            feed.Id,
            feed.Symbol.Value,
            feed.Timeframe.Name,
            feed.Provider,
            feed.Since,
            (int)feed.Every.TotalSeconds,
            feed.Live,
            feed.Enabled,
            feed.NextDue,
            feed.Status,
            feed.LastSyncAt,
            feed.Error
        );
}
