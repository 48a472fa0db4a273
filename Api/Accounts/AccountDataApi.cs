using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Own;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;

namespace Wyckoff.Api.Accounts;

/// <summary>Exports and deletes all data of the caller's own account.</summary>
public static class AccountDataApi
{
    private const string Zip = "application/zip";

    // No example: the docs page would fill it in.
    private static readonly Parameter<string> Confirm = Parameters.Text(
        "confirm",
        "The confirmation that the answer without this parameter has.",
        1000
    );

    private static readonly Parameter[] OfDelete = [Confirm];

    public static void MapAccountData(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(AccountApi.Path).WithTags("Account");
        group
            .MapGet("/export", ExportAsync)
            .Needs(EndpointAccess.Read)
            .WithName("ExportAccount")
            .WithSummary("Export all data of the caller's own account as one zip archive.")
            .WithDescription(
                "Each table is a CSV file, and a JSON file too if it has nested values; contents.json lists them. All are from one "
                    + "instant. Hashes and other secrets are left out."
            )
            .Takes([])
            .Answers(Zip, "PK…")
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway);
        group
            .MapDelete("/", DeleteAsync)
            .Needs(EndpointAccess.Write)
            .WithName("DeleteOwnAccount")
            .WithSummary("Delete the caller's own account with all its data. This cannot be undone.")
            .WithDescription(
                "Asked twice: without 'confirm' nothing is deleted, and the answer says what would be and has the confirmation for the "
                    + "second request. Sessions and keys end at once. 'kept' lists what stays, without names: "
                    + "strategies without an owner, "
                    + "orders and trades for their retention, and the audit trail."
            )
            .Takes(OfDelete)
            .Produces<AccountDeletionResponse>()
            .Fails(Problems.InvalidParameters, Problems.AccountNotDeletable, Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"isDeleted":false,"deleted":[{"table":"account.user_accounts","rows":1}],"kept":[{"table":"trading.strategies","rows":2}],
                 "confirm":"CfDJ8…","confirmUntil":"2026-01-02T09:10:00Z"}
                """
            )
            .DisableRequestTimeout();
    }

    private static async Task<IResult> ExportAsync(
        HttpContext context,
        AccountExport export,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        // The archive writes the few bytes around each file synchronously.
        context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
        await export.WriteAsync(
            context.AccountScope(),
            () =>
            {
                var response = context.Response;
                response.ContentType = Zip;
                response.Headers.CacheControl = "no-store";
                response.Headers.ContentDisposition = string.Create(
                    CultureInfo.InvariantCulture,
                    $"attachment; filename=\"wyckoff-account-{time.GetUtcNow():yyyy-MM-dd}.zip\""
                );
                return response.Body;
            },
            cancellationToken
        );
        return TypedResults.Empty;
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext context,
        AccountDeletion deletion,
        Credentials credentials,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfDelete, refuseEmpty: true);
        var confirm = reader.Get(Confirm);
        var (scope, account) = (context.AccountScope(), context.Caller().AccountId);
        if (confirm is not null && !reader.HasErrors && !deletion.IsConfirmed(account, confirm))
        {
            reader.AddError(
                Confirm.Name,
                "Not a confirmation for this account, or not valid any more: repeat the request without it to get another."
            );
        }

        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (context.Caller() is { IsAdmin: true, Scope: < AccessScope.Admin })
        {
            return Problems.Of(
                Problems.AccountNotDeletable,
                "This is an administrator's account: delete it with a session, or a key with the scope admin."
            );
        }

        var plan = await deletion.PlanAsync(scope, cancellationToken);
        context.Response.Headers.CacheControl = "no-store";
        if (plan.Refusal is { } refusal)
        {
            return Refuse(refusal);
        }

        if (confirm is null)
        {
            var (token, until) = deletion.Confirmation(account);
            return TypedResults.Ok(new AccountDeletionResponse(false, plan.Deleted, plan.Kept, token, until));
        }

        context.ReleaseCredential();
        var meanwhile = await deletion.DeleteAsync(scope, cancellationToken);
        credentials.Forget(account);
        return meanwhile is { } reason
            ? Refuse(reason)
            : TypedResults.Ok(new AccountDeletionResponse(true, plan.Deleted, plan.Kept, null, null));
    }

    private static IResult Refuse(DeletionRefusal refusal) =>
        refusal switch
        {
            DeletionRefusal.Local => Problems.Of(
                Problems.AccountNotDeletable,
                "This is the account of whoever runs the installation: without it nobody could administer the others."
            ),
            DeletionRefusal.LastAdmin => Problems.Of(
                Problems.AccountNotDeletable,
                "This is the account of the last active administrator: make another account an administrator's first."
            ),
            _ => AccountApi.Gone(),
        };
}

/// <summary>
/// What a deletion deletes, or has deleted, and what stays, without names: the rows of each table. 'confirm' is for the second
/// request.
/// </summary>
public sealed record AccountDeletionResponse(
    bool IsDeleted,
    IReadOnlyList<TableCount> Deleted,
    IReadOnlyList<TableCount> Kept,
    string? Confirm,
    DateTimeOffset? ConfirmUntil
);
