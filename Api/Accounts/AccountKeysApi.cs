using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Own;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Accounts;

/// <summary>Lists, makes, renames, revokes and rotates the caller's own API keys.</summary>
public static class AccountKeysApi
{
    private const int MaxDays = 3650;
    private const int MaxOverlap = 72;

    private static readonly Parameter<long> Id = Parameters.Whole("id", "The id of a key of the account.", 1, long.MaxValue) with
    {
        InPath = true,
        Required = true,
        Example = "1",
    };

    private static readonly Parameter<int> OverlapHours = Parameters.Whole(
        "overlapHours",
        "How many hours the old key stays valid beside the new one.",
        0,
        MaxOverlap,
        0
    );

    private static readonly Parameter<AccessScope> Scope = Parameters.Choice("scope", "What the key may do.", AccessScope.Read);
    private static readonly Parameter<DateTimeOffset> ExpiresAt = new("expiresAt", "When the key expires.", Parameters.ReadInstant);

    private static readonly Parameter[] OfOne = [Id];
    private static readonly Parameter[] OfRotate = [Id, OverlapHours];
    private static readonly string[] CreateNames = ["name", "scope", "expiresAt", "expiresInDays"];
    private static readonly string[] PatchNames = ["name"];

    public static void MapAccountKeys(this IEndpointRouteBuilder routes)
    {
        const string fields =
            "\"id\":3,\"name\":\"notebook\",\"prefix\":\"wk_Zm9vYmFy\",\"scope\":\"read\",\"state\":\"live\","
            + "\"createdAt\":\"2026-01-02T09:00:00Z\",\"expiresAt\":\"2026-04-02T09:00:00Z\",\"lastUsedAt\":null,\"revokedAt\":null";
        const string one = $"{{{fields}}}";
        const string made = $"{{{fields},\"key\":\"wk_…\"}}";
        var group = routes.MapGroup(AccountApi.Path + "/keys").WithTags("Account");
        group
            .MapGet("/", ListAsync)
            .Needs(EndpointAccess.Read)
            .WithName("ListKeys")
            .WithSummary("List the caller's own keys, newest first, with those that were revoked or have expired lately.")
            .WithDescription("The keys themselves are not stored, so they cannot be shown again: 'prefix' tells them apart.")
            .Takes([])
            .Produces<KeysResponse>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"keys":[{{one}}],"count":1}""");
        group
            .MapPost("/", PostAsync)
            .Needs(EndpointAccess.Write)
            .WithName("PostKey")
            .WithSummary("Make a key. The answer is the only one that shows it.")
            .WithDescription(
                "The scope is at most that of the key or session of this request. Without 'expiresAt' or 'expiresInDays' the key does not "
                    + "expire."
            )
            .Takes([])
            .TakesJson<KeyBody>("""{"name":"notebook","scope":"read","expiresInDays":90}""", "application/json")
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .Produces<NewKeyResponse>(StatusCodes.Status201Created)
            .Fails(Problems.InvalidParameters, Problems.LimitReached, Problems.DatabaseAway)
            .Answers("application/json", made);
        group
            .MapPatch("/{id}", PatchAsync)
            .Needs(EndpointAccess.Write)
            .WithName("PatchKey")
            .WithSummary("Rename a key. Scope and expiry stay as they were made.")
            .Takes(OfOne)
            .TakesJson<KeyNameBody>("""{"name":"old notebook"}""", "application/json", "application/merge-patch+json")
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .Produces<KeyResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownKey, Problems.DatabaseAway)
            .Answers("application/json", one);
        group
            .MapDelete("/{id}", DeleteAsync)
            .Needs(EndpointAccess.Write)
            .WithName("DeleteKey")
            .WithSummary("Revoke a key: at once on this server, within a second on all.")
            .WithDescription("Requests that run with the key are aborted. A key that is revoked or has expired stays so.")
            .Takes(OfOne)
            .Produces(StatusCodes.Status204NoContent)
            .Fails(Problems.InvalidParameters, Problems.UnknownKey, Problems.ScopeNeeded, Problems.DatabaseAway);
        group
            .MapPost("/{id}/rotate", RotateAsync)
            .Needs(EndpointAccess.Write)
            .WithName("RotateKey")
            .WithSummary("Replace a key with a new one of the same name, scope and time to live. The answer is the only one that shows it.")
            .WithDescription("The old key is revoked at once, or expires after 'overlapHours'.")
            .Takes(OfRotate)
            .Produces<NewKeyResponse>(StatusCodes.Status201Created)
            .Fails(Problems.InvalidParameters, Problems.UnknownKey, Problems.KeyEnded, Problems.LimitReached, Problems.DatabaseAway)
            .Answers("application/json", made);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        OwnAccount own,
        IOptions<AccountLimits> limits,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var now = time.GetUtcNow();
        var keys = await own.ReadAsync(
            context.AccountScope(),
            async (db, token) =>
            {
                var all = db.Set<ApiKey>().AsNoTracking().OrderByDescending(key => key.Id);
                return (
                    Live: await all.Where(ApiKey.LiveAt(now)).ToListAsync(token),
                    Ended: await all.Where(ApiKey.EndedAt(now)).Take(limits.Value.ShowEndedKeys).ToListAsync(token)
                );
            },
            cancellationToken
        );
        KeyResponse[] shown = [.. keys.Live.Concat(keys.Ended).OrderByDescending(key => key.Id).Select(key => KeyResponse.Of(key, now))];
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new KeysResponse(shown, shown.Length));
    }

    private static async Task<IResult> PostAsync(
        HttpContext context,
        OwnAccount own,
        IOptions<AccountLimits> limits,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        var body = await JsonBodyReader.ReadAsync(context, reader, CreateNames);
        var now = time.GetUtcNow();
        if (!body.Has("name"))
        {
            reader.AddError("name", "Missing.");
        }

        var name = body.Text("name", ApiKey.MaxName, "");
        var scope = body.Get(Scope, AccessScope.Read);
        var expiresAt = body.Find(ExpiresAt);
        if (expiresAt <= now || expiresAt > now.AddDays(MaxDays))
        {
            reader.AddError(
                "expiresAt",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{expiresAt:yyyy-MM-ddTHH:mm:ssZ}' is not in the future, within {MaxDays} days from now."
                )
            );
        }

        if (body.Whole("expiresInDays") is { } days)
        {
            if (days is < 1 or > MaxDays)
            {
                reader.AddError("expiresInDays", FormattableString.Invariant($"'{days}' is not a whole number from 1 to {MaxDays}."));
            }
            else if (expiresAt is not null)
            {
                reader.AddError("expiresInDays", "Given beside expiresAt; expected only one of them.");
            }
            else
            {
                expiresAt = now.AddDays(days);
            }
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (IsTooWide(context, scope) is { } problem)
        {
            return problem;
        }

        try
        {
            return await own.ChangeAsync(
                context.AccountScope(),
                async (db, account, token) =>
                {
                    if (await db.Set<ApiKey>().CountAsync(ApiKey.LiveAt(now), token) >= limits.Value.MaxKeys)
                    {
                        return TooMany(limits.Value);
                    }

                    var (apiKey, key) = ApiKey.Issue(account.Id, name, scope, now, expiresAt);
                    db.Add(apiKey);
                    await db.SaveChangesAsync(token);
                    return Created(context, apiKey, key, now);
                },
                cancellationToken
            );
        }
        catch (AccountGoneException)
        {
            return AccountApi.Gone();
        }
    }

    private static async Task<IResult> PatchAsync(
        HttpContext context,
        OwnAccount own,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        var body = await JsonBodyReader.ReadAsync(context, reader, PatchNames);
        var name = body.Text("name", ApiKey.MaxName, "");
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        return await ChangeAsync(
            context,
            own,
            id,
            (_, key) =>
            {
                if (body.Has("name"))
                {
                    key.Rename(name);
                }

                return Task.FromResult<IResult>(TypedResults.Ok(KeyResponse.Of(key, time.GetUtcNow())));
            },
            cancellationToken
        );
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext context,
        OwnAccount own,
        Credentials credentials,
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

        EndsOwn(context, id);
        var result = await ChangeAsync(
            context,
            own,
            id,
            (_, key) =>
            {
                // A narrower key must not lock out a wider one. Every key may end itself.
                if (key.Id != context.Caller().KeyId && IsTooWide(context, key.Scope) is { } problem)
                {
                    return Task.FromResult(problem);
                }

                key.Revoke(time.GetUtcNow());
                return Task.FromResult<IResult>(TypedResults.NoContent());
            },
            cancellationToken
        );
        credentials.Forget(context.Caller().AccountId);
        return result;
    }

    private static async Task<IResult> RotateAsync(
        HttpContext context,
        OwnAccount own,
        Credentials credentials,
        IOptions<AccountLimits> limits,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfRotate);
        var id = reader.Get(Id);
        var overlap = TimeSpan.FromHours(reader.Get(OverlapHours, 0));
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        EndsOwn(context, id);
        var now = time.GetUtcNow();
        var result = await ChangeAsync(
            context,
            own,
            id,
            async (db, old) =>
            {
                if (!old.IsLive(now))
                {
                    return Problems.Of(
                        Problems.KeyEnded,
                        $"The key {old.Prefix}… {(old.RevokedAt is null ? "has expired" : "is revoked")}: make a new one."
                    );
                }

                if (IsTooWide(context, old.Scope) is { } problem)
                {
                    return problem;
                }

                // The old key's expiry, which the overlap changes, gives the new one's.
                var (apiKey, key) = old.Renew(now);
                if (overlap == TimeSpan.Zero)
                {
                    old.Revoke(now);
                }
                else if (await db.Set<ApiKey>().CountAsync(ApiKey.LiveAt(now), context.RequestAborted) >= limits.Value.MaxKeys)
                {
                    return TooMany(limits.Value);
                }
                else
                {
                    old.EndAt(now + overlap);
                }

                db.Add(apiKey);
                await db.SaveChangesAsync(context.RequestAborted);
                return Created(context, apiKey, key, now);
            },
            cancellationToken
        );
        credentials.Forget(context.Caller().AccountId);
        return result;
    }

    private static async Task<IResult> ChangeAsync(
        HttpContext context,
        OwnAccount own,
        long id,
        Func<WyckoffDbContext, ApiKey, Task<IResult>> change,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await own.ChangeAsync(
                context.AccountScope(),
                async (db, _, token) =>
                    await db.Set<ApiKey>().SingleOrDefaultAsync(key => key.Id == id, token) is { } key
                        ? await change(db, key)
                        : Problems.Of(Problems.UnknownKey, FormattableString.Invariant($"The account has no key {id}.")),
                cancellationToken
            );
        }
        catch (AccountGoneException)
        {
            return AccountApi.Gone();
        }
    }

    private static IResult Created(HttpContext context, ApiKey apiKey, string key, DateTimeOffset now)
    {
        context.Response.GetTypedHeaders().CacheControl = new() { NoStore = true };
        return TypedResults.Created((string?)null, NewKeyResponse.Of(apiKey, key, now));
    }

    /// <summary>403 if the scope is wider than that of the request. Nobody but an administrator has the scope admin.</summary>
    private static IResult? IsTooWide(HttpContext context, AccessScope scope)
    {
        var own = context.Caller().Scope;
        return scope <= own
            ? null
            : Problems.Of(
                Problems.ScopeNeeded,
                $"A key with the scope {EnumText.Of(scope)} needs a key or session with that scope; yours has {EnumText.Of(own)}."
            );
    }

    private static IResult TooMany(AccountLimits limits) =>
        Problems.Of(
            Problems.LimitReached,
            FormattableString.Invariant($"The account has {limits.MaxKeys} valid keys, which is the limit: revoke one that is not needed.")
        );

    private static void EndsOwn(HttpContext context, long id)
    {
        if (context.Caller().KeyId == id)
        {
            context.ReleaseCredential();
        }
    }
}

/// <summary>The caller's own keys, newest first.</summary>
public sealed record KeysResponse(IReadOnlyList<KeyResponse> Keys, int Count);

/// <summary>A key of the caller's own account. 'state' is live, expired or revoked. 'prefix' is the start of the key.</summary>
public sealed record KeyResponse(
    long Id,
    string Name,
    string Prefix,
    string Scope,
    string State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? RevokedAt
)
{
    public static KeyResponse Of(ApiKey key, DateTimeOffset now) =>
        new(
            key.Id,
            key.Name,
            key.Prefix,
            EnumText.Of(key.Scope),
            StateOf(key, now),
            key.CreatedAt,
            key.ExpiresAt,
            key.LastUsedAt,
            key.RevokedAt
        );

    internal static string StateOf(ApiKey key, DateTimeOffset now) =>
        key.IsLive(now) ? "live"
        : key.RevokedAt is null ? "expired"
        : "revoked";
}

/// <summary>A key that was just made. 'key' is the key itself, which no other answer shows.</summary>
public sealed record NewKeyResponse(
    long Id,
    string Name,
    string Prefix,
    string Scope,
    string State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? RevokedAt,
    string Key
)
{
    public static NewKeyResponse Of(ApiKey apiKey, string key, DateTimeOffset now) =>
        new(
            apiKey.Id,
            apiKey.Name,
            apiKey.Prefix,
            EnumText.Of(apiKey.Scope),
            KeyResponse.StateOf(apiKey, now),
            apiKey.CreatedAt,
            apiKey.ExpiresAt,
            null,
            null,
            key
        );
}

/// <summary>A key to make.</summary>
public sealed record KeyBody
{
    /// <summary>What its owner calls it: 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>read (default), write or admin.</summary>
    public string? Scope { get; init; }

    /// <summary>When the key expires; default: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>In how many days the key expires, instead of 'expiresAt': 1 to 3650.</summary>
    public int? ExpiresInDays { get; init; }
}

/// <summary>The name of a key.</summary>
public sealed record KeyNameBody
{
    /// <summary>1 to 100 characters.</summary>
    public string? Name { get; init; }
}
