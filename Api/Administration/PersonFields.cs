using Wyckoff.Accounts;
using Wyckoff.Api.Binding;

namespace Wyckoff.Api.Administration;

/// <summary>The name and the address of somebody without an account, read from a body.</summary>
internal readonly record struct PersonFields(string Name, string Email)
{
    public static PersonFields Read(JsonBodyReader body, RequestReader reader)
    {
        foreach (var field in new[] { "name", "email" }.Where(field => !body.Has(field)))
        {
            reader.AddError(field, "Missing.");
        }

        var name = body.Text("name", UserAccount.MaxText, "");
        var given = body.Text("email", UserAccount.MaxText, "");
        var email = UserAccount.FindEmail(given);
        if (email is null && given.Length > 0)
        {
            reader.AddError("email", $"{Parameters.Quote(given)} is not an e-mail address such as ann@example.org.");
        }

        return new(name, email ?? "");
    }
}
