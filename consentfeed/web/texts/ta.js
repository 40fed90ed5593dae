// What all pages share, in Tamil. Needs a native reader's review.

export default {
  'signin.lead': 'பார்க்கவும் முடிவு செய்யவும் உள்நுழையவும்.',
  'signin.email': 'மின்னஞ்சல் முகவரி',
  'signin.password': 'கடவுச்சொல்',
  'signin.submit': 'உள்நுழை',
  'signin.languages': 'மொழி',
  'signin.no-email': 'உங்கள் மின்னஞ்சல் முகவரியை உள்ளிடவும்.',
  'signin.no-password': 'உங்கள் கடவுச்சொல்லை உள்ளிடவும்.',
  'signin.wrong': 'மின்னஞ்சல் முகவரி அல்லது கடவுச்சொல் தவறு. இரண்டையும் சரிபார்த்து மீண்டும் முயலவும்.',
  'signin.too-often': 'பல முயற்சிகள். ஒரு நிமிடம் காத்திருந்து மீண்டும் முயலவும்.',
  'signout': 'வெளியேறு',
  'skip': 'உள்ளடக்கத்திற்குச் செல்',
  'close': 'மூடு',
  'language': 'மொழி',

  'status.granted': 'வழங்கப்பட்டது',
  'status.revoked': 'திரும்பப் பெறப்பட்டது',
  'status.pending': 'நிலுவையில்',
  'status.expired': 'காலாவதியானது',
  'channel.sms': 'குறுஞ்செய்தி',
  'channel.email': 'மின்னஞ்சல்',
  'channel.push': 'செயலி அறிவிப்பு',
  'channel.voice': 'தொலைபேசி அழைப்பு',

  'time.now': 'இப்போது',
  'time.minutes': { one: '{count} நிமிடம் முன்', other: '{count} நிமிடங்கள் முன்' },

  'light.live': 'நேரலை',
  'light.live-delay': 'நேரலை · {seconds} வினாடி பின்',
  'light.connecting': 'இணைக்கிறது',
  'light.attempt': 'முயற்சி {count}',
  'light.catching-up': 'புதுப்பிக்கிறது',
  'light.behind': { one: 'புதுப்பிக்கிறது · {count} நிகழ்வு', other: 'புதுப்பிக்கிறது · {count} நிகழ்வுகள்' },
  'light.offline': '{time} முதல் இணைப்பில்லை',
  'light.next-try': 'அடுத்த முயற்சி {seconds} வினாடியில்',
  'light.trying': 'இப்போது முயல்கிறது',
  'light.showing': '{time} நிலவரம்',
  'light.signed-out': 'வெளியேறியது',

  'toast.region': 'செய்திகள்',
  'toast.dismiss': 'நீக்கு',
  'toast.more': { one: 'மேலும் {count}', other: 'மேலும் {count}' },

  'error.again': 'மீண்டும் முயல்',
  'error.offline': 'இணைப்பு துண்டிக்கப்பட்டது.',
  'error.try-again': 'இங்கே ஏதோ தவறு நடந்தது. சிறிது நேரத்தில் மீண்டும் முயலவும்.',
};
