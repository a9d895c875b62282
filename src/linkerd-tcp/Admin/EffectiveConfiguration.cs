using System.Globalization;
using System.Text;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>Prints each option of a configuration that has a key, one on a line. Files of secrets are paths; no option has a secret itself.</summary>
internal static class EffectiveConfiguration
{
    /// <summary>Prints a configuration.</summary>
    public static string Print(ProxyConfiguration configuration, ConfigurationTable table)
    {
        var text = new StringBuilder();
        Append(string.Empty, configuration);
        Append("admin.", configuration.Admin);
        Append("admin.tls.", configuration.Admin?.Tls);
        for (var i = 0; i < configuration.Routers.Count; i++)
        {
            var router = configuration.Routers[i];
            var path = string.Create(CultureInfo.InvariantCulture, $"routers[{i}].");
            Append(path, router);
            text.Append(path).Append("interpreter.kind: ").Append(router.Interpreter.Kind).Append('\n');
            Append(path + "interpreter.", router.Interpreter);
            for (var j = 0; j < router.Servers.Count; j++)
            {
                var server = router.Servers[j];
                var own = string.Create(CultureInfo.InvariantCulture, $"{path}servers[{j}].");
                Append(own, server);
                for (var k = 0; k < server.SniRoutes.Count; k++)
                {
                    Append(string.Create(CultureInfo.InvariantCulture, $"{own}sniRoutes[{k}]."), server.SniRoutes[k]);
                }

                Append(own + "tls.", server.Tls);
                Append(own + "tls.defaultIdentity.", server.Tls?.DefaultIdentity);
                foreach (var (name, identity) in server.Tls?.Identities ?? new Dictionary<string, IdentityConfiguration>())
                {
                    Append($"{own}tls.identities.{name}.", identity);
                }
            }

            Append(path + "client.", router.Client.Global);
            for (var j = 0; j < router.Client.Configs.Count; j++)
            {
                Append(string.Create(CultureInfo.InvariantCulture, $"{path}client.configs[{j}]."), router.Client.Configs[j]);
            }
        }

        return text.ToString();

        void Append(string path, object? model)
        {
            foreach (var option in model is null ? [] : table.Of(model.GetType()))
            {
                if (option.Key is { } key && option.Print(model!) is { } value)
                {
                    text.Append(path).Append(key).Append(": ").Append(value).Append('\n');
                }
            }
        }
    }
}
