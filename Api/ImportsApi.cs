using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;

namespace Wyckoff.Api;

/// <summary>Imports uploaded files of bars, and reports on imports.</summary>
public static class ImportsApi
{
    /// <summary>The configuration key of the largest upload in bytes.</summary>
    public const string MaxUploadKey = "Wyckoff:Imports:MaxUpload";

    private const long DefaultMaxUpload = 16L << 30;
    private const int MaxLimit = 1_000;
    private const int DefaultLimit = 50;
    private const int DefaultRejectsLimit = 100;
    private const int MaxName = 255;

    private const string Reject = """{"line":3,"text":"2024-06-04,528,,522,527,1","reason":"high is empty"}""";

    private const string Example =
        """{"id":1,"file":"spy.csv","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","source":"import","""
        + """ "policy":"skip","symbol":"SPY","timeframe":"1d","status":"completed","size":87,"bytesRead":87,"read":2,"inserted":1,"""
        + """ "updated":0,"skipped":0,"differing":0,"rejected":1,"rounded":0,"startedAt":"2024-06-05T08:00:00Z","""
        + """ "heartbeatAt":"2024-06-05T08:00:00.2Z","finishedAt":"2024-06-05T08:00:00.2Z","error":null,"undone":null}""";

    private const string ExampleUndone =
        """{"id":1,"file":"spy.csv","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","source":"import","""
        + """ "policy":"skip","symbol":"SPY","timeframe":"1d","status":"undone","size":87,"bytesRead":87,"read":2,"inserted":1,"""
        + """ "updated":0,"skipped":0,"differing":0,"rejected":1,"rounded":0,"startedAt":"2024-06-05T08:00:00Z","""
        + """ "heartbeatAt":"2024-06-05T09:00:00Z","finishedAt":"2024-06-05T08:00:00.2Z","error":null,"""
        + """ "undone":{"at":"2024-06-05T09:00:00Z","removed":1,"restored":0,"kept":0}}""";

    private const string Uploaded = $$"""
        {"read":2,"inserted":1,"updated":0,"skipped":0,"differing":0,"rejected":1,"rounded":0,"imports":[{"id":1,"file":"spy.csv",
          "status":"completed","alreadyThere":false,"read":2,"inserted":1,"updated":0,"skipped":0,"duplicates":0,"differing":0,
          "rejected":1,"rounded":0,"seconds":0.2,"error":null,"notes":[],"firstRejects":[{{Reject}}]}]}
        """;

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
        Description = "The symbol of all rows. Default: from a column or the file's name.",
    };
    private static readonly Parameter<Timeframe> TimeframeOfFile = Parameters.StoredTimeframe with
    {
        Description = "1m, 5m, 15m, 30m, 1h, 4h or 1d. Default: from a column or the file's name.",
        Default = null,
    };
    private static readonly Parameter<string> Name = new(
        "name",
        "The file's name, unless a form has it. It may contain symbol and timeframe.",
        ReadFileName
    );
    private static readonly Parameter<string> Source = Option<string>(
        "source",
        "The source that the bars are stored with.",
        ImportText.TrySource
    ) with
    {
        Default = Defaults.Source,
    };
    private static readonly Parameter<ConflictPolicy> OnConflict = Option<ConflictPolicy>(
        "onConflict",
        "What to do with bars that exist already: skip, replace or fail.",
        ImportText.TryPolicy
    ) with
    {
        Default = EnumText.Of(Defaults.Policy),
    };
    private static readonly Parameter<TimeZoneInfo> Timezone = Option<TimeZoneInfo>(
        "timezone",
        "IANA time zone of times without an offset. Default: that of LEAN's folders in the name, or UTC.",
        ImportText.TryZone
    );
    private static readonly Parameter<TimePattern> DateFormat = Option<TimePattern>(
        "dateFormat",
        "Format of times, e.g. dd/MM/yyyy HH:mm, or s, ms, us, ns for Unix times.",
        TimePattern.TryParse
    );
    private static readonly Parameter<ColumnMap> Map = Option<ColumnMap>(
        "map",
        "Columns by name or number, e.g. time=When,open=2,volume=none.",
        ColumnMap.TryParse
    );
    private static readonly Parameter<long> PriceScale = Parameters.Whole(
        "priceScale",
        "A number to divide the prices in the file by.",
        1,
        long.MaxValue,
        Defaults.PriceScale
    );
    private static readonly Parameter<int> Round = Parameters.Whole(
        "round",
        "Round prices and volumes half away from zero to so many decimals. Default: rows with more than 8 decimals are rejected.",
        0,
        ImportOptions.MostDecimals
    );
    private static readonly Parameter<byte> Delimiter = Option<byte>(
        "delimiter",
        "The delimiter of columns: one character, or tab.",
        ImportText.TryDelimiter
    );
    private static readonly Parameter<long> MaxRejects = Parameters.Whole(
        "maxRejects",
        "The import fails with more rejected rows.",
        0,
        long.MaxValue
    );
    private static readonly Parameter<bool> Force = Parameters.Flag(
        "force",
        "Import the file again if it was imported before.",
        Defaults.Force
    );
    private static readonly Parameter<bool> RollUps = Parameters.Flag("rollUps", "Update coarser timeframes.", Defaults.RollUp);
    private static readonly Parameter<bool> Derived = Parameters.Flag("derived", "Compute spread and ratios.", Defaults.Derive);
    private static readonly Parameter<TimeZoneInfo> TickerTimezone = Option<TimeZoneInfo>(
        "tickerTimezone",
        "IANA time zone of new tickers, which determines their trading days. Default: guessed, or America/New_York.",
        ImportText.TryZone
    );
    private static readonly Parameter<string> AssetType = Option<string>(
        "assetType",
        "Asset type of new tickers. Default: guessed, or stock.",
        ImportText.TryAssetType
    );
    private static readonly Parameter<bool> AllowNegative = Parameters.Flag(
        "allowNegative",
        "New tickers allow zero and negative prices.",
        Defaults.AllowNegative
    );

    private static readonly Parameter<ImportStatus> Status = Parameters.Choice(
        "status",
        "running, completed, failed, interrupted (its process ended), undoing or undone. Default: any.",
        ImportStatus.Running
    ) with
    {
        Default = null,
    };
    private static readonly Parameter<long> Before = Parameters.Whole(
        "before",
        "Only imports with a smaller id: 'next' of the previous page.",
        0,
        long.MaxValue
    );
    private static readonly Parameter<int> Limit = Parameters.Whole(
        "limit",
        "The largest number of entries, 1 to 1000.",
        1,
        MaxLimit,
        DefaultLimit
    ) with
    {
        Example = "10",
    };
    private static readonly Parameter<long> Id = Parameters.Whole("id", "The id of the import.", 1, long.MaxValue) with
    {
        InPath = true,
        Required = true,
        Example = "1",
    };
    private static readonly Parameter<long> After = Parameters.Whole(
        "after",
        "Only rows after this line: 'next' of the previous page.",
        0,
        long.MaxValue,
        0
    );
    private static readonly Parameter<int> RejectsLimit = Parameters.Whole(
        "limit",
        "The largest number of entries, 1 to 1000.",
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
        Round,
        Delimiter,
        MaxRejects,
        Force,
        RollUps,
        Derived,
        TickerTimezone,
        AssetType,
        AllowNegative,
    ];
    private static readonly Parameter[] OfList = [Status, Before, Limit];
    private static readonly Parameter[] OfOne = [Id];
    private static readonly Parameter[] OfRejects = [Id, After, RejectsLimit];

    public static void MapImports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/imports").WithTags("Imports");
        group
            .MapPost("/", PostAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("PostImport")
            .WithSummary(
                "Import bars from the body: CSV or TSV, plain or gzip, as it arrives; zip and Parquet after the upload. "
                    + "Responds when all bars are stored."
            )
            .Produces<UploadResponse>(StatusCodes.Status201Created)
            .TakesFile()
            .Fails(Problems.ImportFailed)
            .Answers("application/json", Uploaded);
        group
            .MapGet("/", ListAsync)
            .Needs(EndpointAccess.Read)
            .WithName("ListImports")
            .WithSummary("List imports, newest first.")
            .Takes(OfList)
            .Produces<ImportsResponse>()
            .Answers("application/json", $$"""{"imports":[{{Example}}],"next":null}""");
        group
            .MapGet("/{id}", GetAsync)
            .Needs(EndpointAccess.Read)
            .WithName("GetImport")
            .WithSummary("Get the progress or the result of an import.")
            .Takes(OfOne)
            .Produces<ImportDetailResponse>()
            .Fails(Problems.UnknownImport)
            .Answers("application/json", $$"""{"import":{{Example}},"firstRejects":[{{Reject}}]}""");
        group
            .MapDelete("/{id}", UndoAsync)
            .Needs(EndpointAccess.ChangeMarketData)
            .WithName("UndoImport")
            .WithSummary(
                "Undo an import: delete its bars, or give them the values back that they have without it. Bars that were overwritten "
                    + "since stay. Responds when all is done; undoing again changes nothing."
            )
            .Takes(OfOne)
            .Produces<ImportResponse>()
            .Fails(Problems.UnknownImport)
            .Fails(Problems.ImportBusy)
            .Fails(Problems.ImportNotUndoable)
            .Answers("application/json", ExampleUndone)
            .DisableRequestTimeout();
        group
            .MapGet("/{id}/rejects", RejectsAsync)
            .Needs(EndpointAccess.Read)
            .WithName("GetImportRejects")
            .WithSummary("List the rejected rows in the order of the file, with line, text and reason.")
            .Takes(OfRejects)
            .Produces<RejectsResponse>()
            .Fails(Problems.UnknownImport)
            .Answers("application/json", $$"""{"rejects":[{{Reject}}],"next":null}""");
        group
            .MapGet("/{id}/events", EventsAsync)
            .Needs(EndpointAccess.Read)
            .WithName("GetImportEvents")
            .WithSummary("Server-sent events with the state of an import: twice a second while it runs, and once at its end.")
            .Takes(OfOne)
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .Fails(Problems.UnknownImport)
            .Answers("text/event-stream", $"event: end\ndata: {Example}\n\n")
            .DisableRequestTimeout();
    }

    /// <summary>Declares the parameters and the body of an upload, which has other limits of size and time than other requests.</summary>
    internal static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder endpoint)
    {
        endpoint.DisableRequestTimeout();
        return endpoint
            .Takes(OfUpload)
            .WithMetadata(new UnboundedBody())
            .SendsFiles(ContentTypes)
            .Sends("text/csv", "timestamp,open,high,low,close,volume\n2024-06-03,529.02,530.11,522.6,527.8,46835700\n")
            .DisableAntiforgery();
    }

    private static async Task<IResult> PostAsync(
        HttpContext context,
        ImportRunner runner,
        IConfiguration configuration,
        CancellationToken cancellationToken
    )
    {
        var (upload, problem) = await ReadUploadAsync(context, configuration, cancellationToken);
        if (upload is null)
        {
            return problem!;
        }

        var results = await runner.ImportAsync(upload.Body, upload.Name, upload.Length, upload.Options, new(), cancellationToken);
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

    /// <summary>Reads the parameters of an upload and finds the file in the body, or returns the problem.</summary>
    internal static async Task<(FileUpload? Upload, IResult? Problem)> ReadUploadAsync(
        HttpContext context,
        IConfiguration configuration,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfUpload, refuseEmpty: true);
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
            Round = reader.Find(Round),
            Delimiter = reader.Find(Delimiter),
            MaxRejects = reader.Find(MaxRejects),
            Force = reader.Get(Force, Defaults.Force),
            RollUp = reader.Get(RollUps, Defaults.RollUp),
            Derive = reader.Get(Derived, Defaults.Derive),
            TickerTimeZone = reader.Get(TickerTimezone)?.Id,
            AssetType = reader.Get(AssetType),
            AllowNegative = reader.Get(AllowNegative, Defaults.AllowNegative),
        };
        if (reader.HasErrors)
        {
            return (null, reader.Problem());
        }

        if (
            !MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !ContentTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase)
        )
        {
            return (
                null,
                Problems.Of(
                    Problems.UnsupportedMediaType,
                    $"{Parameters.Quote(context.Request.ContentType ?? "")} is not a supported type of file; "
                        + $"expected one of {string.Join(", ", ContentTypes)}."
                )
            );
        }

        var maxUpload = configuration.GetValue(MaxUploadKey, DefaultMaxUpload);
        if (context.Request.ContentLength > maxUpload)
        {
            return (
                null,
                Problems.Of(
                    Problems.BodyTooLarge,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The body has {context.Request.ContentLength} bytes; the limit is {maxUpload} ({MaxUploadKey})."
                    )
                )
            );
        }

        // The server enforces the limit for bodies without a Content-Length.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = maxUpload;
        }

        var body = context.Request.Body;
        if (type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            if (await FilePartAsync(type, body, cancellationToken) is not { } part)
            {
                reader.AddError("body", "The form has no file; expected a part with a filename.");
                return (null, reader.Problem());
            }

            if (part.Name is { } given && ReadFileName(given, out _) is { } error)
            {
                reader.AddError("body", error);
                return (null, reader.Problem());
            }

            (body, name) = (part.Body, part.Name ?? name);
        }

        var length = ReferenceEquals(body, context.Request.Body) ? context.Request.ContentLength : null;
        return (new(body, Path.GetFileName(name) is { Length: > 0 } file ? file : "upload", length, options), null);
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

    private static async Task<IResult> UndoAsync(HttpContext context, ImportUndo undo, ImportQueries imports, IHostApplicationLifetime host)
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        // Not stopped when the client goes away: half an undo helps nobody.
        return await undo.UndoAsync(id, host.ApplicationStopping) switch
        {
            UndoOutcome.Unknown => Unknown(id),
            UndoOutcome.Busy => Problems.Of(
                Problems.ImportBusy,
                FormattableString.Invariant($"Import {id} is running, or is being undone by another request.")
            ),
            UndoOutcome.TooLate => Problems.Of(
                Problems.ImportNotUndoable,
                FormattableString.Invariant($"Bars that import {id} replaced are not kept any more, or it is older than this feature.")
            ),
            _ => TypedResults.Ok(ImportResponse.Of((await imports.FindAsync(id, host.ApplicationStopping))!)),
        };
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
            : $"{Parameters.Quote(text)} is not a file name of 1 to {MaxName} characters without control characters.";
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

    /// <summary>Lifts the server's limit of the body, so that the handler can set its own.</summary>
    private sealed class UnboundedBody : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => null;
    }
}

/// <summary>A file that a request sends, with the options of its import.</summary>
internal sealed record FileUpload(Stream Body, string Name, long? Length, ImportOptions Options);

/// <summary>The result of an upload, in total and for each file.</summary>
public sealed record UploadResponse(
    long Read,
    long Inserted,
    long Updated,
    long Skipped,
    long Differing,
    long Rejected,
    long Rounded,
    IReadOnlyList<UploadedFileResponse> Imports
)
{
    public static UploadResponse Of(IReadOnlyList<ImportResult> results) =>
        new(
            results.Sum(r => r.Read),
            results.Sum(r => r.Inserted),
            results.Sum(r => r.Updated),
            results.Sum(r => r.Skipped),
            results.Sum(r => r.Differing),
            results.Sum(r => r.Rejected),
            results.Sum(r => r.Rounded),
            [.. results.Select(UploadedFileResponse.Of)]
        );
}

/// <summary>The result of one file of an upload.</summary>
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
    long Differing,
    long Rejected,
    long Rounded,
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
            result.Differing,
            result.Rejected,
            result.Rounded,
            Math.Round(result.Took.TotalSeconds, 3),
            result.Error,
            result.Notes,
            [.. result.FirstRejects.Select(RejectResponse.Of)]
        );
}

/// <summary>The state of an import. Symbol and timeframe are null if each row or the file's name has its own.</summary>
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
    long Differing,
    long Rejected,
    long Rounded,
    DateTimeOffset StartedAt,
    DateTimeOffset HeartbeatAt,
    DateTimeOffset? FinishedAt,
    string? Error,
    ImportUndone? Undone
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
            import.Differing,
            import.Rejected,
            import.Rounded,
            import.StartedAt,
            import.HeartbeatAt,
            import.FinishedAt,
            import.Error,
            import.Undone
        );
}

/// <summary>An import and its first rejected rows.</summary>
public sealed record ImportDetailResponse(ImportResponse Import, IReadOnlyList<RejectResponse> FirstRejects);

/// <summary>A page of imports, newest first. 'next' is the 'before' of the next page, if there is one.</summary>
public sealed record ImportsResponse(IReadOnlyList<ImportResponse> Imports, long? Next);

/// <summary>A row of a file that was not imported.</summary>
public sealed record RejectResponse(long Line, string Text, string Reason)
{
    public static RejectResponse Of(ImportReject reject) => new(reject.LineNumber, reject.Text, reject.Reason);
}

/// <summary>A page of rejected rows in the order of the file. 'next' is the 'after' of the next page, if there is one.</summary>
public sealed record RejectsResponse(IReadOnlyList<RejectResponse> Rejects, long? Next);
