using System.Text.Json;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Auditing;

namespace Wyckoff.Api.Administration;

/// <summary>Shows the audit trail of all accounts to administrators.</summary>
public static class AuditApi
{
    private const int MaxLimit = 1_000;
    private const int DefaultLimit = 100;

    private const string Example =
        """{"id":"019b8c2e-6f00-7a31-9d52-3f0a1b2c4d5e","timestamp":"2026-01-05T08:00:00.123456Z","actor":"account:1 key:3","""
        + """ "eventType":"account.updated","entityType":"account","entityId":"7","accountId":7,"action":"UPDATE is_active","""
        + """ "changes":{"old":{"is_active":true},"new":{"is_active":false}},"correlationId":"019b8c2e-6efe-7b10-8a44-5c6d7e8f9a0b"}""";

    private static readonly Parameter<string> Actor = Parameters.Text(
        "actor",
        "Who made the change: 'account:1 key:3', or 'account:1' for the account with all its keys and sessions.",
        255
    );
    private static readonly Parameter<string> EntityType = Parameters.Text("entityType", "What was changed: account, api_key …", 50);
    private static readonly Parameter<string> EntityId = Parameters.Text("entityId", "The id of what was changed.", 255);
    private static readonly Parameter<long> Account = Parameters.Whole(
        "accountId",
        "The account that the changed row belongs to.",
        1,
        long.MaxValue
    );
    private static readonly Parameter<string> EventType = Parameters.Text(
        "eventType",
        "The entity type with .created, .updated or .deleted.",
        50
    );
    private static readonly Parameter<Guid> Correlation = new(
        "correlationId",
        "The X-Request-Id of the change, if it is a UUID; otherwise the trace id.",
        (string text, out Guid value) => Guid.TryParse(text, out value) ? null : $"{Parameters.Quote(text)} is not a UUID."
    );
    private static readonly Parameter<int> Limit = Parameters.Whole(
        "limit",
        "The largest number of entries to return.",
        1,
        MaxLimit,
        DefaultLimit
    );
    private static readonly Parameter<DateTimeOffset> From = Parameters.From with { Example = null };
    private static readonly Parameter<DateTimeOffset> To = Parameters.To with { Example = null };

    private static readonly Parameter[] OfList =
    [
        Actor,
        EntityType,
        EntityId,
        Account,
        EventType,
        From,
        To,
        Correlation,
        Limit,
        Parameters.Cursor,
    ];

    public static void MapAudit(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/v1/audit", ListAsync)
            .NeedsAdmin()
            .WithTags("Administration")
            .WithName("ListAudit")
            .WithSummary("List the audit trail, newest first, page by page.")
            .WithDescription(
                "An entry has the old and new values of the changed columns. Secret and personal values are left out; 'hidden' lists which "
                    + "of them changed."
            )
            .Takes(OfList)
            .Produces<AuditResponse>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"entries":[{{Example}}],"count":1,"next":null}""");

    private static async Task<IResult> ListAsync(HttpContext context, AuditTrail trail, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfList);
        var filter = new AuditFilter(
            reader.Get(Actor),
            reader.Get(EntityType),
            reader.Get(EntityId),
            reader.Find(Account),
            reader.Get(EventType),
            reader.Find(From)?.ToUniversalTime(),
            reader.Find(To)?.ToUniversalTime(),
            reader.Find(Correlation)
        );
        reader.RequireRange(filter.From, filter.To);
        var limit = reader.Get(Limit, DefaultLimit);
        var query = $"audit {filter}";
        var before = reader.FindPosition<Guid>(query, text => Guid.TryParse(text, out var id) ? id : null);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var entries = await trail.FindAsync(context.AccountScope(), filter, before, limit + 1, cancellationToken);
        var page = entries.Take(limit).Select(AuditEntryResponse.Of).ToList();
        return TypedResults.Ok(
            new AuditResponse(page, page.Count, entries.Count > limit ? Cursor.Make(query, page[^1].Id.ToString()) : null)
        );
    }
}

/// <summary>A page of the audit trail. 'next' is the cursor of the next page, if there is one.</summary>
public sealed record AuditResponse(IReadOnlyList<AuditEntryResponse> Entries, int Count, string? Next);

/// <summary>Who changed what. 'accountId' is whose row it was; null: nobody's.</summary>
public sealed record AuditEntryResponse(
    Guid Id,
    DateTimeOffset Timestamp,
    string Actor,
    string EventType,
    string EntityType,
    string EntityId,
    long? AccountId,
    string Action,
    JsonElement? Changes,
    Guid CorrelationId
)
{
    public static AuditEntryResponse Of(AuditEntry entry) =>
        new(
            entry.Id,
            entry.Timestamp,
            entry.Actor,
            entry.EventType,
            entry.EntityType,
            entry.EntityId,
            entry.AccountId,
            entry.Action,
            entry.Metadata is { } changes ? JsonElement.Parse(changes) : null,
            entry.CorrelationId
        );
}
