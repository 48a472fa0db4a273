using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;

namespace Wyckoff.Api;

/// <summary>Files of bars, uploaded.</summary>
public static class ImportsApi
{
    /// <summary>Bytes an upload may have.</summary>
    public const string MaxUploadKey = "Wyckoff:Imports:MaxUpload";

    private const long DefaultMaxUpload = 16L << 30;
    private const int MaxLimit = 1_000;
    private const int DefaultLimit = 50;
    private const int DefaultRejectsLimit = 100;
    private const int MaxName = 255;

    private const string Reject = """{"line":3,"text":"2024-06-04,528,,522,527,1","reason":"high is empty"}""";

    private const string Example =
        """{"id":1,"file":"spy.csv","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","source":"import","policy":"skip","symbol":"SPY","timeframe":"1d","status":"completed","size":87,"bytesRead":87,"read":2,"inserted":1,"updated":0,"skipped":0,"rejected":1,"startedAt":"2024-06-05T08:00:00Z","heartbeatAt":"2024-06-05T08:00:00.2Z","finishedAt":"2024-06-05T08:00:00.2Z","error":null}""";

    private const string Uploaded =
        $$"""{"read":2,"inserted":1,"updated":0,"skipped":0,"rejected":1,"imports":[{"id":1,"file":"spy.csv","status":"completed","alreadyThere":false,"read":2,"inserted":1,"updated":0,"skipped":0,"duplicates":0,"rejected":1,"seconds":0.2,"error":null,"notes":[],"firstRejects":[{{Reject}}]}]}""";

    private static readonly ImportOptions Defaults = new();
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private static readonly string[] ContentTypes =
    [
        "text/csv",
        "text/tab-separated-values",
        "text/plain",
        "application/csv",
        "application/gzip",
        "application/x-gzip",
        "application/zip",
        "application/x-zip-compressed",
        "application/vnd.apache.parquet",
        "application/octet-stream",
        "multipart/form-data",
    ];

    private static readonly Parameter<Symbol> SymbolOfFile = Parameters.Symbol with
    {
        InPath = false,
        Required = false,
        Description = "Whose bars they are. Default: as a column, or the file's name, says.",
    };
    private static readonly Parameter<Timeframe> TimeframeOfFile = Parameters.StoredTimeframe with
    {
        Description = "1m, 5m, 15m, 30m, 1h, 4h or 1d. Default: as a column, or the file's name, says.",
        Default = null,
    };
    private static readonly Parameter<string> Name = new(
        "name",
        "The file's name, of a body that is not a form. It may tell symbol and timeframe.",
        ReadFileName
    );
    private static readonly Parameter<string> Source = Option<string>("source", "What the bars are marked with.", ImportText.TrySource) with
    {
        Default = Defaults.Source,
    };
    private static readonly Parameter<ConflictPolicy> OnConflict = Option<ConflictPolicy>(
        "onConflict",
        "What becomes of bars that are there already: skip, replace or fail.",
        ImportText.TryPolicy
    ) with
    {
        Default = EnumText.Of(Defaults.Policy),
    };
    private static readonly Parameter<TimeZoneInfo> Timezone = Option<TimeZoneInfo>(
        "timezone",
        "IANA time zone of times that say none. Default: UTC.",
        ImportText.TryZone
    );
    private static readonly Parameter<TimePattern> DateFormat = Option<TimePattern>(
        "dateFormat",
        "How times are written, e.g. dd/MM/yyyy HH:mm, or s, ms, us, ns since 1970.",
        TimePattern.TryParse
    );
    private static readonly Parameter<ColumnMap> Map = Option<ColumnMap>(
        "map",
        "Columns by name or number: time=When,open=2,volume=none.",
        ColumnMap.TryParse
    );
    private static readonly Parameter<long> PriceScale = Parameters.Whole(
        "priceScale",
        "Prices in the file are so many times too large.",
        1,
        long.MaxValue,
        Defaults.PriceScale
    );
    private static readonly Parameter<byte> Delimiter = Option<byte>(
        "delimiter",
        "What stands between columns: one character, or tab.",
        ImportText.TryDelimiter
    );
    private static readonly Parameter<long> MaxRejects = Parameters.Whole(
        "maxRejects",
        "A file with more rejected rows fails.",
        0,
        long.MaxValue
    );
    private static readonly Parameter<bool> Force = Parameters.Flag(
        "force",
        "Read the file although it was imported already.",
        Defaults.Force
    );
    private static readonly Parameter<bool> RollUps = Parameters.Flag("rollUps", "Coarser timeframes follow.", Defaults.RollUp);
    private static readonly Parameter<bool> Derived = Parameters.Flag("derived", "Spread and ratios are computed.", Defaults.Derive);
    private static readonly Parameter<TimeZoneInfo> TickerTimezone = Option<TimeZoneInfo>(
        "tickerTimezone",
        "IANA time zone of the trading days of tickers that are not there yet.",
        ImportText.TryZone
    );
    private static readonly Parameter<string> AssetType = Option<string>(
        "assetType",
        "Of tickers that are not there yet.",
        ImportText.TryAssetType
    );

    private static readonly Parameter<ImportStatus> Status = Parameters.Choice(
        "status",
        "running, completed or failed. Default: any.",
        ImportStatus.Running
    ) with
    {
        Default = null,
    };
    private static readonly Parameter<long> Before = Parameters.Whole(
        "before",
        "Only older ones than this id: next of the page before.",
        0,
        long.MaxValue
    );
    private static readonly Parameter<int> Limit = Parameters.Whole("limit", "At most so many, 1 to 1000.", 1, MaxLimit, DefaultLimit) with
    {
        Example = "10",
    };
    private static readonly Parameter<long> Id = Parameters.Whole("id", "The number of the import.", 1, long.MaxValue) with
    {
        InPath = true,
        Required = true,
        Example = "1",
    };
    private static readonly Parameter<long> After = Parameters.Whole(
        "after",
        "Only rows after this line: next of the page before.",
        0,
        long.MaxValue,
        0
    );
    private static readonly Parameter<int> RejectsLimit = Parameters.Whole(
        "limit",
        "At most so many, 1 to 1000.",
        1,
        MaxLimit,
        DefaultRejectsLimit
    );

    private static readonly Parameter[] OfUpload =
    [
        SymbolOfFile,
        TimeframeOfFile,
        Name,
        Source,
        OnConflict,
        Timezone,
        DateFormat,
        Map,
        PriceScale,
        Delimiter,
        MaxRejects,
        Force,
        RollUps,
        Derived,
        TickerTimezone,
        AssetType,
    ];
    private static readonly Parameter[] OfList = [Status, Before, Limit];
    private static readonly Parameter[] OfOne = [Id];
    private static readonly Parameter[] OfRejects = [Id, After, RejectsLimit];

    public static void MapImports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/imports").WithTags("Imports");
        group
            .MapPost("/", PostAsync)
            .WithName("PostImport")
            .WithSummary(
                "Import bars from the body: CSV or TSV, plain or gzip, while it arrives; zip and Parquet once it has. Ends when all of it is in the database."
            )
            .Takes(OfUpload)
            .Produces<UploadResponse>(StatusCodes.Status201Created)
            .WithMetadata(new UnboundedBody())
            .DisableRequestTimeout()
            .SendsFiles(ContentTypes)
            .Sends("text/csv", "timestamp,open,high,low,close,volume\n2024-06-03,529.02,530.11,522.6,527.8,46835700\n")
            .Fails(Problems.ImportFailed)
            .Answers("application/json", Uploaded)
            .DisableAntiforgery();
        group
            .MapGet("/", ListAsync)
            .WithName("ListImports")
            .WithSummary("The newest imports.")
            .Takes(OfList)
            .Produces<ImportsResponse>()
            .Answers("application/json", $$"""{"imports":[{{Example}}],"next":null}""");
        group
            .MapGet("/{id}", GetAsync)
            .WithName("GetImport")
            .WithSummary("How far an import is, or how it ended.")
            .Takes(OfOne)
            .Produces<ImportDetailResponse>()
            .Fails(Problems.UnknownImport)
            .Answers("application/json", $$"""{"import":{{Example}},"firstRejects":[{{Reject}}]}""");
        group
            .MapGet("/{id}/rejects", RejectsAsync)
            .WithName("GetImportRejects")
            .WithSummary("The rows that were not taken, in the order of the file, each with its line, its text and the reason.")
            .Takes(OfRejects)
            .Produces<RejectsResponse>()
            .Fails(Problems.UnknownImport)
            .Answers("application/json", $$"""{"rejects":[{{Reject}}],"next":null}""");
        group
            .MapGet("/{id}/events", EventsAsync)
            .WithName("GetImportEvents")
            .WithSummary("Server-sent events: the import as it is, twice a second while it runs, and a last one when it has ended.")
            .Takes(OfOne)
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .Fails(Problems.UnknownImport)
            .Answers("text/event-stream", $"event: end\ndata: {Example}\n\n")
            .DisableRequestTimeout();
    }

    private static async Task<IResult> PostAsync(
        HttpContext context,
        ImportRunner runner,
        IConfiguration configuration,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfUpload);
        var name = reader.Get(Name);
        var options = new ImportOptions
        {
            Symbol = reader.Find(SymbolOfFile),
            Timeframe = reader.Find(TimeframeOfFile),
            Source = reader.Get(Source, Defaults.Source),
            Policy = reader.Get(OnConflict, Defaults.Policy),
            TimeZone = reader.Get(Timezone),
            DateFormat = reader.Get(DateFormat),
            Columns = reader.Get(Map, Defaults.Columns),
            PriceScale = reader.Get(PriceScale, Defaults.PriceScale),
            Delimiter = reader.Find(Delimiter),
            MaxRejects = reader.Find(MaxRejects),
            Force = reader.Get(Force, Defaults.Force),
            RollUp = reader.Get(RollUps, Defaults.RollUp),
            Derive = reader.Get(Derived, Defaults.Derive),
            TickerTimeZone = reader.Get(TickerTimezone)?.Id,
            AssetType = reader.Get(AssetType),
        };
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (
            !MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !ContentTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase)
        )
        {
            return Problems.Of(
                Problems.UnsupportedMediaType,
                $"{Parameters.Quote(context.Request.ContentType ?? "")} is not a type of file that is imported: one of {string.Join(", ", ContentTypes)} is expected."
            );
        }

        var most = configuration.GetValue(MaxUploadKey, DefaultMaxUpload);
        if (context.Request.ContentLength > most)
        {
            return Problems.Of(
                Problems.BodyTooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The body has {context.Request.ContentLength} bytes; at most {most} are taken ({MaxUploadKey})."
                )
            );
        }

        // Of a body that does not say its length, the server counts.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most;
        }

        var body = context.Request.Body;
        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            if (await FilePartAsync(type, body, cancellationToken) is not { } part)
            {
                reader.AddError("body", "The form has no file in it: a part with a filename is expected.");
                return reader.Problem();
            }

            if (part.Name is { } given && ReadFileName(given, out _) is { } error)
            {
                reader.AddError("body", error);
                return reader.Problem();
            }

            (body, name) = (part.Body, part.Name ?? name);
        }

        var length = ReferenceEquals(body, context.Request.Body) ? context.Request.ContentLength : null;
        var results = await runner.ImportAsync(
            body,
            Path.GetFileName(name) is { Length: > 0 } file ? file : "upload",
            length,
            options,
            new(),
            cancellationToken
        );
        if (results.All(result => result.Status == ImportStatus.Failed))
        {
            return Problems.Of(
                Problems.ImportFailed,
                string.Join(' ', results.Select(result => result.Error)),
                [new("imports", results.Select(result => result.Id).ToArray())]
            );
        }

        return TypedResults.Created(
            string.Create(CultureInfo.InvariantCulture, $"/v1/imports/{results[0].Id}"),
            UploadResponse.Of(results)
        );
    }

    private static async Task<IResult> ListAsync(HttpContext context, ImportQueries imports, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfList);
        var status = reader.Find(Status);
        var before = reader.Find(Before);
        var limit = reader.Get(Limit, DefaultLimit);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var found = await imports.ListAsync(status, before, limit, cancellationToken);
        return TypedResults.Ok(new ImportsResponse([.. found.Select(ImportResponse.Of)], found.Count == limit ? found[^1].Id : null));
    }

    private static async Task<IResult> GetAsync(HttpContext context, ImportQueries imports, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (await imports.FindAsync(id, cancellationToken) is not { } import)
        {
            return Unknown(id);
        }

        var rejects = await imports.RejectsAsync(id, 0, ImportRunner.ShownRejects, cancellationToken);
        return TypedResults.Ok(new ImportDetailResponse(ImportResponse.Of(import), [.. rejects.Select(RejectResponse.Of)]));
    }

    private static async Task<IResult> RejectsAsync(HttpContext context, ImportQueries imports, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfRejects);
        var id = reader.Get(Id);
        var after = reader.Get(After, 0);
        var limit = reader.Get(RejectsLimit, DefaultRejectsLimit);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (await imports.FindAsync(id, cancellationToken) is null)
        {
            return Unknown(id);
        }

        var rejects = await imports.RejectsAsync(id, after, limit, cancellationToken);
        return TypedResults.Ok(
            new RejectsResponse([.. rejects.Select(RejectResponse.Of)], rejects.Count == limit ? rejects[^1].LineNumber : null)
        );
    }

    private static async Task<IResult> EventsAsync(
        HttpContext context,
        ImportQueries imports,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        return await imports.FindAsync(id, cancellationToken) is { } import
            ? TypedResults.ServerSentEvents(FollowAsync(imports, time, import, cancellationToken))
            : Unknown(id);
    }

    private static async IAsyncEnumerable<SseItem<ImportResponse>> FollowAsync(
        ImportQueries imports,
        TimeProvider time,
        ImportRecord import,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        for (ImportRecord? now = import; now is not null; )
        {
            yield return new(ImportResponse.Of(now), now.Status == ImportStatus.Running ? "progress" : "end");
            if (now.Status != ImportStatus.Running)
            {
                yield break;
            }

            await Task.Delay(Pause, time, cancellationToken);
            now = await imports.FindAsync(import.Id, cancellationToken);
        }
    }

    private static Parameter<T> Option<T>(string name, string description, ImportText.TryRead<T> read) =>
        new(
            name,
            description,
            (string text, out T value) =>
            {
                var isValid = read(text, out var result, out var fault);
                value = result!;
                return isValid ? null : fault;
            }
        );

    private static string? ReadFileName(string text, out string name)
    {
        name = text;
        return text.Length <= MaxName && !text.Any(char.IsControl)
            ? null
            : $"{Parameters.Quote(text)} is no name of a file: 1 to {MaxName} characters without control characters are expected.";
    }

    private static async Task<(Stream Body, string? Name)?> FilePartAsync(
        MediaTypeHeaderValue type,
        Stream body,
        CancellationToken cancellationToken
    )
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary))
        {
            return null;
        }

        var reader = new MultipartReader(boundary, body);
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            if (section.GetContentDispositionHeader() is { } disposition && disposition.IsFileDisposition())
            {
                var name = HeaderUtilities
                    .RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName)
                    .Value;
                return (section.Body, string.IsNullOrEmpty(name) ? null : name);
            }
        }

        return null;
    }

    private static IResult Unknown(long id) =>
        Problems.Of(Problems.UnknownImport, FormattableString.Invariant($"There is no import {id}."));

    /// <summary>Before the handler says how much it takes, the server must not refuse what it would not.</summary>
    private sealed class UnboundedBody : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => null;
    }
}

/// <summary>What became of an upload: of each file in it.</summary>
public sealed record UploadResponse(
    long Read,
    long Inserted,
    long Updated,
    long Skipped,
    long Rejected,
    IReadOnlyList<UploadedFileResponse> Imports
)
{
    public static UploadResponse Of(IReadOnlyList<ImportResult> results) =>
        new(
            results.Sum(r => r.Read),
            results.Sum(r => r.Inserted),
            results.Sum(r => r.Updated),
            results.Sum(r => r.Skipped),
            results.Sum(r => r.Rejected),
            [.. results.Select(UploadedFileResponse.Of)]
        );
}

public sealed record UploadedFileResponse(
    long Id,
    string File,
    string Status,
    bool AlreadyThere,
    long Read,
    long Inserted,
    long Updated,
    long Skipped,
    long Duplicates,
    long Rejected,
    double Seconds,
    string? Error,
    IReadOnlyList<string> Notes,
    IReadOnlyList<RejectResponse> FirstRejects
)
{
    public static UploadedFileResponse Of(ImportResult result) =>
        new(
            result.Id,
            result.File,
            EnumText.Of(result.Status),
            result.AlreadyThere,
            result.Read,
            result.Inserted,
            result.Updated,
            result.Skipped,
            result.Duplicates,
            result.Rejected,
            Math.Round(result.Took.TotalSeconds, 3),
            result.Error,
            result.Notes,
            [.. result.FirstRejects.Select(RejectResponse.Of)]
        );
}

/// <summary>An import as it stands. No symbol or timeframe: each row, or the file's name, says its own.</summary>
public sealed record ImportResponse(
    long Id,
    string File,
    string Sha256,
    string Source,
    string Policy,
    string? Symbol,
    string? Timeframe,
    string Status,
    long? Size,
    long BytesRead,
    long Read,
    long Inserted,
    long Updated,
    long Skipped,
    long Rejected,
    DateTimeOffset StartedAt,
    DateTimeOffset HeartbeatAt,
    DateTimeOffset? FinishedAt,
    string? Error
)
{
    public static ImportResponse Of(ImportRecord import) =>
        new(
            import.Id,
            import.File,
            import.Sha256,
            import.Source,
            import.Policy,
            import.Symbol,
            import.Timeframe,
            EnumText.Of(import.Status),
            import.Size,
            import.BytesRead,
            import.Read,
            import.Inserted,
            import.Updated,
            import.Skipped,
            import.Rejected,
            import.StartedAt,
            import.HeartbeatAt,
            import.FinishedAt,
            import.Error
        );
}

public sealed record ImportDetailResponse(ImportResponse Import, IReadOnlyList<RejectResponse> FirstRejects);

/// <summary>Newest first. Next, where there is more, is the next page's before.</summary>
public sealed record ImportsResponse(IReadOnlyList<ImportResponse> Imports, long? Next);

public sealed record RejectResponse(long Line, string Text, string Reason)
{
    public static RejectResponse Of(ImportReject reject) => new(reject.LineNumber, reject.Text, reject.Reason);
}

/// <summary>In the order of the file. Next, where there is more, is the next page's after.</summary>
public sealed record RejectsResponse(IReadOnlyList<RejectResponse> Rejects, long? Next);
