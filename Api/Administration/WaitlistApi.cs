using System.Globalization;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.Administration;

/// <summary>Takes requests for access, and lets administrators decide on them.</summary>
public static class WaitlistApi
{
    private const int MaxLimit = 1_000;
    private const int DefaultLimit = 100;

    private const string Received = "Thank you. If access is given to you, sign in with this address.";

    private const string Example =
        """{"id":1,"email":"wanda@example.org","name":"Wanda","status":"approved","referralSource":"a friend","notes":"met in Lisbon","""
        + """ "accountId":7,"createdAt":"2026-01-05T08:00:00Z","updatedAt":"2026-01-06T09:30:00Z"}""";

    /// <summary>
    /// A request is answered after this time, so that the time does not tell whether an entry was written.
    /// </summary>
    private static readonly TimeSpan AnswerAfter = TimeSpan.FromMilliseconds(300);

    private static readonly Parameter<WaitlistStatus> Status = Parameters.Choice(
        "status",
        "Only entries with this status.",
        WaitlistStatus.Waiting
    ) with
    {
        Default = null,
    };
    private static readonly Parameter<WaitlistStatus> Decision = Parameters.Words(
        "status",
        "The decision.",
        ("approved", WaitlistStatus.Approved),
        ("rejected", WaitlistStatus.Rejected)
    ) with
    {
        Required = true,
    };
    private static readonly Parameter<int> Limit = Parameters.Whole(
        "limit",
        "The largest number of entries to return.",
        1,
        MaxLimit,
        DefaultLimit
    );
    private static readonly Parameter<long> Id = Parameters.Whole("id", "The id of the entry.", 1, long.MaxValue) with
    {
        InPath = true,
        Required = true,
        Example = "1",
    };

    private static readonly Parameter[] OfList = [Status, Limit, Parameters.Cursor];
    private static readonly Parameter[] OfOne = [Id];
    private static readonly string[] RequestFields = ["name", "email", "referralSource"];
    private static readonly string[] DecisionFields = ["status", "notes"];

    public static void AddWaitlist(this WebApplicationBuilder builder) =>
        builder
            .Services.AddOptions<WaitlistOptions>()
            .BindConfiguration(WaitlistOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();

    public static void MapWaitlist(this IEndpointRouteBuilder routes)
    {
        routes
            .MapPost("/v1/waitlist", PostAsync)
            .Needs(EndpointAccess.Open)
            .RequireRateLimiting(new WaitlistRateLimit(routes.ServiceProvider.GetRequiredService<IOptions<WaitlistOptions>>()))
            .WithTags("Waitlist")
            .WithName("RequestAccess")
            .WithSummary("Ask for access.")
            .WithDescription(
                "The answer is the same whether the address is new, has asked before, or has an account. Each client may send "
                    + "a few requests per hour."
            )
            .Takes([])
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .TakesJson<WaitlistBody>("""{"name":"Wanda","email":"wanda@example.org","referralSource":"a friend"}""", "application/json")
            .Produces<WaitlistReceived>(StatusCodes.Status202Accepted)
            .Fails(Problems.InvalidParameters, Problems.WaitlistClosed, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"message":"{{Received}}"}""");
        var group = routes.MapGroup("/v1/admin/waitlist").WithTags("Administration");
        group
            .MapGet("/", ListAsync)
            .NeedsAdmin()
            .WithName("ListWaitlist")
            .WithSummary("List requests for access, oldest first, page by page.")
            .Takes(OfList)
            .Produces<WaitlistPage>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"entries":[{{Example}}],"count":1,"next":null}""");
        group
            .MapPatch("/{id}", PatchAsync)
            .NeedsAdmin()
            .WithName("DecideWaitlist")
            .WithSummary("Approve or reject a request for access.")
            .WithDescription(
                "Approval makes an account, to which the first sign-in with the address leads; an account that the address has already is "
                    + "left as it is. A rejected request can still be approved, but not the other way round. Repeating a decision changes "
                    + "only the notes."
            )
            .Takes(OfOne)
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .TakesJson<WaitlistDecision>(
                """{"status":"approved","notes":"met in Lisbon"}""",
                "application/json",
                "application/merge-patch+json"
            )
            .Produces<WaitlistResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownWaitlistEntry, Problems.WaitlistDecided, Problems.DatabaseAway)
            .Answers("application/json", Example);
    }

    private static async Task<IResult> PostAsync(
        HttpContext context,
        AccountDirectory directory,
        IOptions<AccessOptions> access,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (access.Value.IsLocal)
        {
            return Problems.Of(Problems.WaitlistClosed, Problems.WaitlistClosed.Meaning);
        }

        var reader = new RequestReader(context, []);
        var body = await JsonBodyReader.ReadAsync(context, reader, RequestFields);
        var person = PersonFields.Read(body, reader);
        var referralSource = body.TextOrNull("referralSource", WaitlistEntry.MaxReferralSource, null);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        await Task.WhenAll(
            directory.JoinWaitlistAsync(person.Name, person.Email, referralSource, context.CorrelationId(), cancellationToken),
            Task.Delay(AnswerAfter, time, cancellationToken)
        );
        return TypedResults.Accepted((string?)null, new WaitlistReceived(Received));
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        AccountAdministration administration,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfList);
        var status = reader.Find(Status);
        var limit = reader.Get(Limit, DefaultLimit);
        var query = $"waitlist {status}";
        var after = reader.FindPosition<long>(query, AccountsApi.ParseId);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var entries = await administration.WaitlistAsync(context.AccountScope(), status, after, limit + 1, cancellationToken);
        var page = entries.Take(limit).Select(WaitlistResponse.Of).ToList();
        var next = entries.Count > limit ? Cursor.Make(query, page[^1].Id.ToString(CultureInfo.InvariantCulture)) : null;
        return TypedResults.Ok(new WaitlistPage(page, page.Count, next));
    }

    private static async Task<IResult> PatchAsync(
        HttpContext context,
        AccountAdministration administration,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        var body = await JsonBodyReader.ReadAsync(context, reader, DecisionFields);
        var decision = body.Get(Decision, WaitlistStatus.Rejected);
        var notes = body.TextOrNull("notes", WaitlistEntry.MaxNotes, null);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var (entry, refusal) = await administration.DecideAsync(context.AccountScope(), id, decision, notes, cancellationToken);
        return entry is null ? Problems.Of(Problems.UnknownWaitlistEntry, $"No entry of the waitlist has the id {id}.")
            : refusal is not null
                ? Problems.Of(
                    Problems.WaitlistDecided,
                    $"The request of {entry.Email} is {EnumText.Of(entry.Status)} and has the account {entry.AccountId}: deactivate that."
                )
            : TypedResults.Ok(WaitlistResponse.Of(entry));
    }
}

/// <summary>A request for access.</summary>
public sealed record WaitlistBody
{
    /// <summary>1 to 255 characters.</summary>
    public string? Name { get; init; }

    /// <summary>The address to sign in with later, in any case.</summary>
    public string? Email { get; init; }

    /// <summary>How you heard of this service.</summary>
    public string? ReferralSource { get; init; }
}

/// <summary>The answer to every request for access.</summary>
public sealed record WaitlistReceived(string Message);

/// <summary>A decision on a request for access.</summary>
public sealed record WaitlistDecision
{
    /// <summary>approved or rejected.</summary>
    public string? Status { get; init; }

    /// <summary>Notes for administrators; absent: they stay as they are.</summary>
    public string? Notes { get; init; }
}

/// <summary>A page of the waitlist. 'next' is the cursor of the next page, if there is one.</summary>
public sealed record WaitlistPage(IReadOnlyList<WaitlistResponse> Entries, int Count, string? Next);

/// <summary>A request for access, with the account that has its address.</summary>
public sealed record WaitlistResponse(
    long Id,
    string Email,
    string Name,
    string Status,
    string? ReferralSource,
    string? Notes,
    long? AccountId,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    public static WaitlistResponse Of(WaitlistRequest entry) =>
        new(
            entry.Id,
            entry.Email,
            entry.Name,
            EnumText.Of(entry.Status),
            entry.ReferralSource,
            entry.Notes,
            entry.AccountId,
            entry.CreatedAt,
            entry.UpdatedAt
        );
}
