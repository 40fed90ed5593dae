// What all pages share, in English.

export default {
  'signin.lead': 'Sign in to see and decide.',
  'signin.email': 'E-mail address',
  'signin.password': 'Password',
  'signin.submit': 'Sign in',
  'signin.languages': 'Language',
  'signin.no-email': 'Enter your e-mail address.',
  'signin.no-password': 'Enter your password.',
  'signin.wrong': 'The e-mail address or the password is wrong. Check both, and try again.',
  'signin.too-often': 'Too many attempts. Wait a minute, and try again.',
  'signout': 'Sign out',
  'skip': 'Skip to the content',
  'close': 'Close',
  'language': 'Language',

  'status.granted': 'Granted',
  'status.revoked': 'Revoked',
  'status.pending': 'Pending',
  'status.expired': 'Expired',
  'channel.sms': 'SMS',
  'channel.email': 'E-mail',
  'channel.push': 'App notification',
  'channel.voice': 'Phone call',

  'time.now': 'just now',
  'time.minutes': { one: '{count} minute ago', other: '{count} minutes ago' },

  'light.live': 'Live',
  'light.live-delay': 'Live · {seconds} s behind',
  'light.connecting': 'Connecting',
  'light.attempt': 'attempt {count}',
  'light.catching-up': 'Catching up',
  'light.behind': { one: 'Catching up · {count} event', other: 'Catching up · {count} events' },
  'light.offline': 'Offline since {time}',
  'light.next-try': 'next try in {seconds} s',
  'light.trying': 'trying now',
  'light.showing': 'showing {time}',
  'light.signed-out': 'Signed out',

  'toast.region': 'Messages',
  'toast.dismiss': 'Dismiss',
  'toast.more': { one: 'and {count} more', other: 'and {count} more' },

  'error.again': 'Try again',
  'error.offline': 'The connection is lost.',
  'error.try-again': 'Something went wrong here. Try again in a moment.',
};
