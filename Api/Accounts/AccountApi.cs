using Microsoft.EntityFrameworkCore;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Own;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Accounts;

/// <summary>Shows and changes the caller's own account.</summary>
public static class AccountApi
{
    public const string Path = "/v1/account";

    private const int MaxAddress = 500;

    private static readonly string[] FieldNames = ["name", "profilePictureUrl", "phone", "address", "dateOfBirth", "gender"];

    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        const string example =
            """{"id":7,"name":"Ann","email":"ann@example.org","authProvider":"google","profilePictureUrl":null,"phone":"+43 1 234","""
            + """ "address":null,"dateOfBirth":"1990-12-31","gender":null,"isAdmin":false,"createdAt":"2026-01-02T09:00:00Z","""
            + """ "updatedAt":"2026-01-02T09:00:00Z"}""";
        var group = routes.MapGroup(Path).WithTags("Account");
        group
            .MapGet("/", GetAsync)
            .Needs(EndpointAccess.Read)
            .WithName("GetOwnAccount")
            .WithSummary("Get the caller's own account.")
            .WithDescription("The address comes from the sign-in provider and cannot be changed here.")
            .Takes([])
            .Produces<OwnAccountResponse>()
            .Produces(StatusCodes.Status304NotModified)
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", example);
        group
            .MapPatch("/", PatchAsync)
            .Needs(EndpointAccess.Write)
            .WithName("PatchOwnAccount")
            .WithSummary("Change some properties of the caller's own account; absent properties stay, null clears a property.")
            .WithDescription("With an ETag in If-Match, only if the account has not changed meanwhile.")
            .Takes([])
            .TakesJson<OwnAccountBody>("""{"phone":"+43 1 234"}""", "application/json", "application/merge-patch+json")
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .Produces<OwnAccountResponse>()
            .Fails(Problems.InvalidParameters, Problems.ChangedMeanwhile, Problems.DatabaseAway)
            .Answers("application/json", example);
    }

    /// <summary>401: the account was deleted after its key or session was checked.</summary>
    internal static IResult Gone() => Problems.Of(Problems.KeyNeeded, KeyHandler.NotValid);

    private static async Task<IResult> GetAsync(HttpContext context, OwnAccount own, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var account = await own.ReadAsync(
            context.AccountScope(),
            (db, token) => db.Set<UserAccount>().AsNoTracking().SingleOrDefaultAsync(token),
            cancellationToken
        );
        return account is null ? Gone() : Preconditions.Answer(context, OwnAccountResponse.Of(account));
    }

    private static async Task<IResult> PatchAsync(
        HttpContext context,
        OwnAccount own,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        var body = await JsonBodyReader.ReadAsync(context, reader, FieldNames);
        var name = body.Text("name", 255, "");
        var picture = body.TextOrNull("profilePictureUrl", 1024, null);
        if (picture is not null && !UserAccount.IsPictureUrl(picture))
        {
            reader.AddError("profilePictureUrl", $"{Parameters.Quote(picture)} is not a URL that begins with http:// or https://.");
        }

        var phone = body.TextOrNull("phone", 50, null);
        var address = body.TextOrNull("address", MaxAddress, null);
        var birth = body.Date("dateOfBirth", null);
        if (birth < UserAccount.EarliestBirth || birth > DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime))
        {
            reader.AddError("dateOfBirth", $"'{birth:yyyy-MM-dd}' is not between {UserAccount.EarliestBirth:yyyy-MM-dd} and today.");
        }

        var gender = body.TextOrNull("gender", 20, null);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        try
        {
            return await own.ChangeAsync(
                context.AccountScope(),
                async (db, account, token) =>
                {
                    var current = OwnAccountResponse.Of(account);
                    if (!Preconditions.AreMet(context, current))
                    {
                        return Preconditions.Changed(context, current, "The account");
                    }

                    if (body.Has("name"))
                    {
                        account.Rename(name);
                    }

                    if (body.Has("profilePictureUrl"))
                    {
                        account.ShowPicture(picture);
                    }

                    account.Describe(
                        body.Has("phone") ? phone : account.Phone,
                        body.Has("address") ? address : account.Address,
                        body.Has("dateOfBirth") ? birth : account.DateOfBirth,
                        body.Has("gender") ? gender : account.Gender
                    );
                    await db.SaveChangesAsync(token);
                    await db.Entry(account).ReloadAsync(token);
                    return Preconditions.Answer(context, OwnAccountResponse.Of(account));
                },
                cancellationToken
            );
        }
        catch (AccountGoneException)
        {
            return Gone();
        }
    }
}

/// <summary>The caller's own account. 'email' and 'authProvider' come from the sign-in.</summary>
public sealed record OwnAccountResponse(
    long Id,
    string Name,
    string Email,
    string AuthProvider,
    string? ProfilePictureUrl,
    string? Phone,
    string? Address,
    DateOnly? DateOfBirth,
    string? Gender,
    bool IsAdmin,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    public static OwnAccountResponse Of(UserAccount account) =>
        new(
            account.Id,
            account.Name,
            account.Email,
            EnumText.Of(account.AuthProvider),
            account.ProfilePictureUrl,
            account.Phone,
            account.Address,
            account.DateOfBirth,
            account.Gender,
            account.IsAdmin,
            account.CreatedAt,
            account.UpdatedAt
        );
}

/// <summary>The properties of an account that its owner can change.</summary>
public sealed record OwnAccountBody
{
    /// <summary>1 to 255 characters.</summary>
    public string? Name { get; init; }

    /// <summary>A URL that begins with http:// or https://.</summary>
    public string? ProfilePictureUrl { get; init; }

    /// <summary>Up to 50 characters.</summary>
    public string? Phone { get; init; }

    /// <summary>Up to 500 characters on one line.</summary>
    public string? Address { get; init; }

    /// <summary>From 1900-01-01 to today.</summary>
    public DateOnly? DateOfBirth { get; init; }

    /// <summary>Up to 20 characters.</summary>
    public string? Gender { get; init; }
}
