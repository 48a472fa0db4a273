using System.Text;
using Wyckoff.Accounts;
using Wyckoff.Api.Binding;

namespace Wyckoff.Api.Administration;

/// <summary>The name and the address of somebody without an account, read from a body.</summary>
internal readonly record struct PersonFields(string Name, string Email)
{
    public const int MaxLength = 255;

    public static PersonFields Read(JsonBodyReader body, RequestReader reader)
    {
        foreach (var field in new[] { "name", "email" }.Where(field => !body.Has(field)))
        {
            reader.AddError(field, "Missing.");
        }

        var name = body.Text("name", MaxLength, "");
        var given = body.Text("email", MaxLength, "");
        var email = given.ToLowerInvariant();
        // The Kelvin sign is k in lower case, so the text as given must be ASCII.
        if (email.Length > 0 && !(Ascii.IsValid(given) && UserAccount.IsEmail(email)))
        {
            reader.AddError("email", $"{Parameters.Quote(given)} is not an e-mail address such as ann@example.org.");
        }

        return new(name, email);
    }
}
