using System.Globalization;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Administration;

/// <summary>Lists, makes and changes accounts for administrators.</summary>
public static class AccountsApi
{
    private const int MaxLimit = 1_000;
    private const int DefaultLimit = 100;

    private const string Example =
        """{"id":1,"email":"ann@example.org","name":"Ann","provider":"google","isInvited":false,"isActive":true,"isAdmin":true,"""
        + """ "activeKeys":2,"lastUsedAt":"2026-01-05T08:00:00Z","createdAt":"2026-01-01T10:00:00Z","updatedAt":"2026-01-01T10:00:00Z"}""";

    private static readonly Parameter<string> Search = Parameters.Text(
        "search",
        "Part of the address or the name, ignoring case.",
        100
    ) with
    {
        Example = "ann",
    };
    private static readonly Parameter<bool> Active = Parameters.Flag("active", "Only active, or only deactivated accounts.");
    private static readonly Parameter<int> Limit = Parameters.Whole(
        "limit",
        "The largest number of accounts to return.",
        1,
        MaxLimit,
        DefaultLimit
    );
    private static readonly Parameter<long> Id = Parameters.Whole("id", "The id of the account.", 1, long.MaxValue) with
    {
        InPath = true,
        Required = true,
        Example = "1",
    };
    private static readonly Parameter<bool> IsActive = Parameters.Flag("isActive", "Whether the account can be used.");
    private static readonly Parameter<bool> IsAdmin = Parameters.Flag("isAdmin", "Whether the account is an administrator's.");

    private static readonly Parameter[] OfList = [Search, Active, Limit, Parameters.Cursor];
    private static readonly Parameter[] OfOne = [Id];
    private static readonly string[] InviteFields = ["email", "name", "isAdmin"];
    private static readonly string[] ChangeFields = ["isActive", "isAdmin"];

    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/admin/accounts").WithTags("Administration");
        group
            .MapGet("/", ListAsync)
            .NeedsAdmin()
            .WithName("ListAccounts")
            .WithSummary("List accounts by id, page by page.")
            .Takes(OfList)
            .Produces<AccountsResponse>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"accounts":[{{Example}}],"count":1,"next":null}""");
        group
            .MapGet("/{id}", GetAsync)
            .NeedsAdmin()
            .WithName("GetAccount")
            .WithSummary("Get an account. Its ETag is for If-Match of a change.")
            .Takes(OfOne)
            .Produces<AccountResponse>()
            .Fails(Problems.InvalidParameters, Problems.UnknownAccount, Problems.DatabaseAway)
            .Answers("application/json", Example);
        group
            .MapPost("/", PostAsync)
            .NeedsAdmin()
            .WithName("InviteAccount")
            .WithSummary("Make an account for somebody who has not signed in yet.")
            .WithDescription("The first sign-in with the address, which the provider must have verified, leads to this account.")
            .Takes([])
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .TakesJson<InviteBody>("""{"email":"bob@example.org","name":"Bob","isAdmin":false}""", "application/json")
            .Produces<AccountResponse>(StatusCodes.Status201Created)
            .Fails(Problems.InvalidParameters, Problems.AccountExists, Problems.DatabaseAway)
            .Answers("application/json", Example);
        group
            .MapPatch("/{id}", PatchAsync)
            .NeedsAdmin()
            .WithName("PatchAccount")
            .WithSummary("Activate or deactivate an account, or change whether it is an administrator's.")
            .WithDescription(
                "With an ETag in If-Match, only if the account has not changed meanwhile. Deactivation holds within a second: its sessions "
                    + "end, and its keys rest until it is active again. The last administrator who can get in stays."
            )
            .Takes(OfOne)
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .TakesJson<AccountBody>("""{"isActive":true}""", "application/json", "application/merge-patch+json")
            .Produces<AccountResponse>()
            .Fails(
                Problems.InvalidParameters,
                Problems.UnknownAccount,
                Problems.LastAdministrator,
                Problems.ChangedMeanwhile,
                Problems.DatabaseAway
            )
            .Answers("application/json", Example);
    }

    internal static long? ParseId(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    private static async Task<IResult> ListAsync(
        HttpContext context,
        AccountAdministration administration,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfList);
        var search = reader.Get(Search);
        var active = reader.Find(Active);
        var limit = reader.Get(Limit, DefaultLimit);
        var query = $"accounts {active} {search}";
        var after = reader.FindPosition<long>(query, ParseId);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        // One account more than the limit tells whether there is another page.
        var accounts = await administration.ListAsync(context.AccountScope(), search, active, after, limit + 1, cancellationToken);
        var page = accounts.Take(limit).Select(AccountResponse.Of).ToList();
        var next = accounts.Count > limit ? Cursor.Make(query, page[^1].Id.ToString(CultureInfo.InvariantCulture)) : null;
        return TypedResults.Ok(new AccountsResponse(page, page.Count, next));
    }

    private static async Task<IResult> GetAsync(
        HttpContext context,
        AccountAdministration administration,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (await administration.FindAsync(context.AccountScope(), id, cancellationToken) is not { } account)
        {
            return Unknown(id);
        }

        AdministrationEndpoints.Tag(context, account);
        return TypedResults.Ok(AccountResponse.Of(account));
    }

    private static async Task<IResult> PostAsync(
        HttpContext context,
        AccountAdministration administration,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        var body = await JsonBodyReader.ReadAsync(context, reader, InviteFields);
        var person = PersonFields.Read(body, reader);
        var isAdmin = body.Get(IsAdmin, defaultValue: false);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var (account, isNew) = await administration.InviteAsync(
            context.AccountScope(),
            person.Email,
            person.Name,
            isAdmin,
            cancellationToken
        );
        var path = FormattableString.Invariant($"{context.Request.PathBase}/v1/admin/accounts/{account.Id}");
        if (isNew)
        {
            AdministrationEndpoints.Tag(context, account);
            return TypedResults.Created(path, AccountResponse.Of(account));
        }

        context.Response.Headers.Location = path;
        return Problems.Of(Problems.AccountExists, $"The account {account.Id} has the address {account.Email} already.");
    }

    private static async Task<IResult> PatchAsync(
        HttpContext context,
        AccountAdministration administration,
        Credentials credentials,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var id = reader.Get(Id);
        var body = await JsonBodyReader.ReadAsync(context, reader, ChangeFields);
        bool? isActive = body.Has(IsActive.Name) ? body.Get(IsActive, defaultValue: true) : null;
        bool? isAdmin = body.Has(IsAdmin.Name) ? body.Get(IsAdmin, defaultValue: true) : null;
        if (!reader.HasErrors && isActive is null && isAdmin is null)
        {
            reader.AddError("body", "Nothing to change; expected isActive or isAdmin.");
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var caller = context.Caller();
        if (caller is { KeyId: null, SessionId: null } && caller.AccountId == id && (isActive == false || isAdmin == false))
        {
            // In local mode nobody else can get in, whatever the other accounts have.
            return Problems.Of(Problems.LastAdministrator, "With Wyckoff:Access=local every request acts for this account.");
        }

        if (caller.AccountId == id)
        {
            context.ReleaseCredential(); // it may lose a right with which this request runs
        }

        var (account, refusal) = await administration.ChangeAsync(
            context.AccountScope(),
            id,
            isActive,
            isAdmin,
            AdministrationEndpoints.Revisions(context),
            cancellationToken
        );
        credentials.Forget(id);
        if (account is null)
        {
            return Unknown(id);
        }

        AdministrationEndpoints.Tag(context, account);
        return refusal switch
        {
            AccountRefusal.LastAdministrator => Problems.Of(Problems.LastAdministrator, Problems.LastAdministrator.Meaning),
            AccountRefusal.ChangedMeanwhile => Problems.Of(
                Problems.ChangedMeanwhile,
                $"The account {id} does not match If-Match: read it again and repeat the change."
            ),
            _ => TypedResults.Ok(AccountResponse.Of(account)),
        };
    }

    private static IResult Unknown(long id) => Problems.Of(Problems.UnknownAccount, $"No account has the id {id}.");
}

/// <summary>An account to make.</summary>
public sealed record InviteBody
{
    /// <summary>The address to sign in with, in any case.</summary>
    public string? Email { get; init; }

    /// <summary>1 to 255 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the account is an administrator's; default: false.</summary>
    public bool? IsAdmin { get; init; }
}

/// <summary>A change of an account. At least one field is required.</summary>
public sealed record AccountBody
{
    /// <summary>Whether the account can be used.</summary>
    public bool? IsActive { get; init; }

    /// <summary>Whether the account may change market data and administer.</summary>
    public bool? IsAdmin { get; init; }
}

/// <summary>A page of accounts. 'next' is the cursor of the next page, if there is one.</summary>
public sealed record AccountsResponse(IReadOnlyList<AccountResponse> Accounts, int Count, string? Next);

/// <summary>What administrators see of an account: nothing that only its owner needs.</summary>
public sealed record AccountResponse(
    long Id,
    string Email,
    string Name,
    string Provider,
    bool IsInvited,
    bool IsActive,
    bool IsAdmin,
    int ActiveKeys,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    public static AccountResponse Of(AccountSummary account) =>
        new(
            account.Id,
            account.Email,
            account.Name,
            EnumText.Of(account.Provider),
            account.IsInvited,
            account.IsActive,
            account.IsAdmin,
            account.ActiveKeys,
            account.LastUsedAt,
            account.CreatedAt,
            account.UpdatedAt
        );
}
