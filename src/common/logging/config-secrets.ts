import type { AppConfig } from '../config/app-config.js';

/** The secrets among the settings, for the redactor. */
export function configSecrets(config: AppConfig): (string | null)[] {
  const urls = [config.databaseUrl, config.redisUrl, config.smtpUrl].map(passwordOf);
  const { github, openai, anthropic, jwt, imap } = config;
  const keys = [github.privateKey, github.webhookSecret, openai.apiKey, anthropic.apiKey, jwt.secret];
  return [...urls, ...keys, config.secretKey, config.previousSecretKey, config.adminApiKey, imap?.password ?? null];
}

function passwordOf(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { password } = new URL(url);
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}
