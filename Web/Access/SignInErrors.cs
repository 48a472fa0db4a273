namespace Wyckoff.Web.Access;

/// <summary>Says why a sign-in failed, by the name of the API's problem.</summary>
internal static class SignInErrors
{
    /// <summary>The sign-in with a key failed.</summary>
    public const string Key = "key";

    /// <summary>A sentence for people. The address of the page can name anything, so a name that is not known is not shown.</summary>
    public static string Explain(string name) =>
        name switch
        {
            Key => "The service does not know this key: it may be mistyped, expired or revoked.",
            "not-invited" => "Nobody has an account with this address yet. Ask for access below, or ask an administrator to invite you.",
            "address-not-verified" => "The provider does not say that it has verified your address. Verify it there, then sign in again.",
            "address-taken" => "Another sign-in has an account with this address. Sign in the way you did before.",
            "account-deactivated" => "An administrator has deactivated this account.",
            "sign-in-denied" => "The provider did not let you in, or you declined.",
            "sign-in-provider-failed" => "The provider does not respond. Try again in a moment.",
            _ => "The sign-in failed: it took too long, was used before or began in another browser. Try again.",
        };
}
