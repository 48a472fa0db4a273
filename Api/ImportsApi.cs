using System.ComponentModel;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Requests;
using Wyckoff.Imports;
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
    private const int MaxName = 255;

    private const string Reject = """{"line":3,"text":"2024-06-04,528,,522,527,1","reason":"high is empty"}""";

    private const string Example =
        """{"id":1,"file":"spy.csv","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","source":"import","policy":"skip","symbol":"SPY","timeframe":"1d","status":"completed","size":87,"bytesRead":87,"read":2,"inserted":1,"updated":0,"skipped":0,"rejected":1,"startedAt":"2024-06-05T08:00:00Z","heartbeatAt":"2024-06-05T08:00:00.2Z","finishedAt":"2024-06-05T08:00:00.2Z","error":null}""";

    private const string Uploaded =
        $$"""{"read":2,"inserted":1,"updated":0,"skipped":0,"rejected":1,"imports":[{"id":1,"file":"spy.csv","status":"completed","alreadyThere":false,"read":2,"inserted":1,"updated":0,"skipped":0,"duplicates":0,"rejected":1,"seconds":0.2,"error":null,"notes":[],"firstRejects":[{{Reject}}]}]}""";

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

    public static void MapImports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/imports").WithTags("Imports");
        group
            .MapPost("/", PostAsync)
            .WithName("PostImport")
            .WithSummary(
                "Import bars from the body: CSV or TSV, plain or gzip, while it arrives; zip and Parquet once it has. Ends when all of it is in the database."
            )
            .WithMetadata(new UnboundedBody())
            .DisableRequestTimeout()
            .ForExample(("symbol", "SPY"), ("timeframe", "1d"))
            .SendsFiles(ContentTypes)
            .Sends("text/csv", "timestamp,open,high,low,close,volume\n2024-06-03,529.02,530.11,522.6,527.8,46835700\n")
            .Fails(Problems.ImportFailed)
            .Answers("application/json", Uploaded)
            .DisableAntiforgery();
        group
            .MapGet("/", ListAsync)
            .WithName("ListImports")
            .WithSummary("The newest imports.")
            .ForExample(("limit", "10"))
            .Answers("application/json", $$"""{"imports":[{{Example}}],"next":null}""");
        group
            .MapGet("/{id:long}", GetAsync)
            .WithName("GetImport")
            .WithSummary("How far an import is, or how it ended.")
            .ForExample(("id", "1"))
            .Fails(Problems.UnknownImport)
            .Answers("application/json", $$"""{"import":{{Example}},"firstRejects":[{{Reject}}]}""");
        group
            .MapGet("/{id:long}/rejects", RejectsAsync)
            .WithName("GetImportRejects")
            .WithSummary("The rows that were not taken, in the order of the file, each with its line, its text and the reason.")
            .ForExample(("id", "1"))
            .Fails(Problems.UnknownImport)
            .Answers("application/json", $$"""{"rejects":[{{Reject}}],"next":null}""");
        group
            .MapGet("/{id:long}/events", EventsAsync)
            .WithName("GetImportEvents")
            .WithSummary("Server-sent events: the import as it is, twice a second while it runs, and a last one when it has ended.")
            .ForExample(("id", "1"))
            .Fails(Problems.UnknownImport)
            .Answers("text/event-stream", $"event: end\ndata: {Example}\n\n")
            .DisableRequestTimeout();
    }

    private static async Task<Results<Created<UploadResponse>, ValidationProblem, ProblemHttpResult>> PostAsync(
        HttpContext context,
        ImportRunner runner,
        IConfiguration configuration,
        [Description("Whose bars they are. Default: as a column, or the file's name, says.")] string? symbol = null,
        [Description("1m, 5m, 15m, 30m, 1h, 4h or 1d. Default: as a column, or the file's name, says.")] string? timeframe = null,
        [Description("The file's name, of a body that is not a form. It may tell symbol and timeframe.")] string? name = null,
        [Description("What the bars are marked with.")] string source = "import",
        [Description("What becomes of bars that are there already: skip, replace or fail.")] string onConflict = "skip",
        [Description("IANA time zone of times that say none. Default: UTC.")] string? timezone = null,
        [Description("How times are written, e.g. dd/MM/yyyy HH:mm, or s, ms, us, ns since 1970.")] string? dateFormat = null,
        [Description("Columns by name or number: time=When,open=2,volume=none.")] string? map = null,
        [Description("Prices in the file are so many times too large.")] long priceScale = 1,
        [Description("What stands between columns: one character, or tab.")] string? delimiter = null,
        [Description("A file with more rejected rows fails.")] long? maxRejects = null,
        [Description("Read the file although it was imported already.")] bool force = false,
        [Description("Coarser timeframes follow.")] bool rollUps = true,
        [Description("Spread and ratios are computed.")] bool derived = true,
        [Description("IANA time zone of the trading days of tickers that are not there yet.")] string? tickerTimezone = null,
        [Description("Of tickers that are not there yet.")] string? assetType = null,
        CancellationToken cancellationToken = default
    )
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var options = ImportText.Options(
            new()
            {
                ["symbol"] = symbol,
                ["timeframe"] = timeframe,
                ["source"] = source,
                ["onConflict"] = onConflict,
                ["timezone"] = timezone,
                ["dateFormat"] = dateFormat,
                ["map"] = map,
                ["delimiter"] = delimiter,
                ["tickerTimezone"] = tickerTimezone,
                ["assetType"] = assetType,
            },
            errors
        ) with
        {
            PriceScale = priceScale,
            MaxRejects = maxRejects,
            Force = force,
            RollUp = rollUps,
            Derive = derived,
        };
        if (priceScale < 1)
        {
            errors["priceScale"] =
            [
                string.Create(CultureInfo.InvariantCulture, $"{priceScale}: a whole number of at least 1 is expected."),
            ];
        }

        if (maxRejects < 0)
        {
            errors["maxRejects"] = [string.Create(CultureInfo.InvariantCulture, $"{maxRejects}: at least 0 is expected.")];
        }

        if (!CanBeName(name))
        {
            errors["name"] =
            [
                $"{Parameters.Quote(name!)} is no name of a file: 1 to {MaxName} characters without control characters are expected.",
            ];
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        if (
            !MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !ContentTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase)
        )
        {
            return (ProblemHttpResult)
                Problems.Of(
                    Problems.UnsupportedMediaType,
                    $"{Parameters.Quote(context.Request.ContentType ?? "")} is not a type of file that is imported: one of {string.Join(", ", ContentTypes)} is expected."
                );
        }

        var most = configuration.GetValue(MaxUploadKey, DefaultMaxUpload);
        if (context.Request.ContentLength > most)
        {
            return (ProblemHttpResult)
                Problems.Of(
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
                return TypedResults.ValidationProblem(
                    new Dictionary<string, string[]>(StringComparer.Ordinal)
                    {
                        ["body"] = ["The form has no file in it: a part with a filename is expected."],
                    }
                );
            }

            if (!CanBeName(part.Name))
            {
                return TypedResults.ValidationProblem(
                    new Dictionary<string, string[]>(StringComparer.Ordinal)
                    {
                        ["body"] =
                        [
                            $"{Parameters.Quote(part.Name!)} is no name of a file: 1 to {MaxName} characters without control characters are expected.",
                        ],
                    }
                );
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
            return (ProblemHttpResult)
                Problems.Of(
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

    private static async Task<Results<Ok<ImportsResponse>, ValidationProblem>> ListAsync(
        ImportQueries imports,
        [Description("running, completed or failed. Default: any.")] string? status = null,
        [Description("Only older ones than this id: next of the page before.")] long? before = null,
        [Description("At most so many, 1 to 1000.")] int limit = 50,
        CancellationToken cancellationToken = default
    )
    {
        var errors = Limited(limit);
        ImportStatus? wanted = null;
        if (status is not null)
        {
            if (Enum.TryParse<ImportStatus>(status, ignoreCase: true, out var parsed) && char.IsAsciiLetter(status[0]))
            {
                wanted = parsed;
            }
            else
            {
                errors["status"] = [$"'{status}' is not a status: running, completed or failed is expected."];
            }
        }

        if (errors.Count > 0)
        {
            return TypedResults.ValidationProblem(errors);
        }

        var found = await imports.ListAsync(wanted, before, limit, cancellationToken);
        return TypedResults.Ok(new ImportsResponse([.. found.Select(ImportResponse.Of)], found.Count == limit ? found[^1].Id : null));
    }

    private static async Task<Results<Ok<ImportDetailResponse>, ProblemHttpResult>> GetAsync(
        ImportQueries imports,
        long id,
        CancellationToken cancellationToken
    ) =>
        await imports.FindAsync(id, cancellationToken) is { } import
            ? TypedResults.Ok(
                new ImportDetailResponse(
                    ImportResponse.Of(import),
                    [.. (await imports.RejectsAsync(id, 0, ImportRunner.ShownRejects, cancellationToken)).Select(RejectResponse.Of)]
                )
            )
            : Unknown(id);

    private static async Task<Results<Ok<RejectsResponse>, ValidationProblem, ProblemHttpResult>> RejectsAsync(
        ImportQueries imports,
        long id,
        [Description("Only rows after this line: next of the page before.")] long after = 0,
        [Description("At most so many, 1 to 1000.")] int limit = 100,
        CancellationToken cancellationToken = default
    )
    {
        if (Limited(limit) is { Count: > 0 } errors)
        {
            return TypedResults.ValidationProblem(errors);
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

    private static async Task<Results<ServerSentEventsResult<ImportResponse>, ProblemHttpResult>> EventsAsync(
        ImportQueries imports,
        TimeProvider time,
        long id,
        CancellationToken cancellationToken
    ) =>
        await imports.FindAsync(id, cancellationToken) is { } import
            ? TypedResults.ServerSentEvents(FollowAsync(imports, time, import, cancellationToken))
            : Unknown(id);

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

    private static bool CanBeName(string? name) => name is null || (name.Length <= MaxName && !name.Any(char.IsControl));

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

    private static Dictionary<string, string[]> Limited(int limit)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (limit is < 1 or > MaxLimit)
        {
            errors["limit"] = [string.Create(CultureInfo.InvariantCulture, $"{limit} is out of range: 1 to {MaxLimit} is expected.")];
        }

        return errors;
    }

    private static ProblemHttpResult Unknown(long id) =>
        (ProblemHttpResult)Problems.Of(Problems.UnknownImport, string.Create(CultureInfo.InvariantCulture, $"There is no import {id}."));

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
