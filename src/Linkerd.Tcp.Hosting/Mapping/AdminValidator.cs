using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>Collects the errors of the admin server in a configuration, with those of the file of its token.</summary>
internal static class AdminValidator
{
    public static void Validate(AdminConfiguration admin, ConfigurationTable table, OptionsValidator validator)
    {
        table.Validate(admin, validator);
        if (!validator.NotNull(admin.Ip, "ip") | !validator.NotNull(admin.Hosts, "hosts"))
        {
            return;
        }

        var isSocket = admin.Socket is not null;
        var isLoopback = IPAddress.IsLoopback(admin.Ip);
        if (admin.Tls is { } tls)
        {
            validator.Expect(!isSocket, admin.Socket, "no socket beside admin.tls", "socket");
            validator.Nested(tls, table.Validate, "tls");
            validator.Expect(string.IsNullOrEmpty(tls.OcspFile), tls.OcspFile, "off, as the admin server staples no response,", "tls.ocspFile");
        }
        else if (!isSocket && !isLoopback)
        {
            validator.Add($"an identity was expected, as {admin.Ip} is no loopback address, and a token must not be sent without TLS.", "tls");
        }

        if (admin.OpenLoopback && (isSocket || !isLoopback))
        {
            validator.Add(isSocket ? "false was expected, as a socket needs no token." : $"false was expected, as {admin.Ip} is no loopback address.", "openLoopback");
        }

        if (admin.TokenFile is { Length: > 0 } file)
        {
            try
            {
                _ = AdminTokenFile.Read(file);
            }
            catch (InvalidValueException error)
            {
                validator.Add(error.Message, "tokenFile");
            }
        }
    }
}
