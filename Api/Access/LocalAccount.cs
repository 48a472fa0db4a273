using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.Access;

/// <summary>Reads the local account at the start, for which all requests act in local mode.</summary>
internal sealed class LocalAccount(AccountDirectory directory, IOptions<AccessOptions> access) : IHostedService
{
    /// <summary>The answer for all requests.</summary>
    public Task<AuthenticateResult> Result { get; private set; } = Task.FromResult(AuthenticateResult.NoResult());

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (access.Value.IsLocal)
        {
            var account =
                await directory.LocalAccountAsync(cancellationToken)
                ?? throw new RefusalException(
                    $"The database has no active local account, which {AccessModes.Key}={AccessModes.Local} needs: "
                        + "run MigrationService, or activate it with ./wyckoff.sh accounts activate local."
                );
            Result = Task.FromResult(CallerIdentity.Succeed(new(account, AccessScope.Admin, IsAdmin: true), LocalHandler.SchemeName));
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Authenticates every request as the local account.</summary>
internal sealed class LocalHandler(
    LocalAccount account,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "local";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => account.Result;
}
