// What all pages share, in Sinhala. Needs a native reader's review.

export default {
  'signin.lead': 'බැලීමට සහ තීරණය කිරීමට පුරන්න.',
  'signin.email': 'විද්‍යුත් තැපැල් ලිපිනය',
  'signin.password': 'මුරපදය',
  'signin.submit': 'පුරන්න',
  'signin.languages': 'භාෂාව',
  'signin.no-email': 'ඔබේ විද්‍යුත් තැපැල් ලිපිනය ඇතුළත් කරන්න.',
  'signin.no-password': 'ඔබේ මුරපදය ඇතුළත් කරන්න.',
  'signin.wrong': 'විද්‍යුත් තැපැල් ලිපිනය හෝ මුරපදය වැරදියි. දෙකම පරීක්ෂා කර නැවත උත්සාහ කරන්න.',
  'signin.too-often': 'උත්සාහයන් වැඩියි. විනාඩියක් රැඳී නැවත උත්සාහ කරන්න.',
  'signout': 'ඉවත් වන්න',
  'skip': 'අන්තර්ගතයට යන්න',
  'close': 'වසන්න',
  'language': 'භාෂාව',

  'status.granted': 'ලබා දී ඇත',
  'status.revoked': 'ඉවත් කර ඇත',
  'status.pending': 'පොරොත්තුවෙන්',
  'status.expired': 'කල් ඉකුත් වී ඇත',
  'channel.sms': 'කෙටි පණිවුඩ',
  'channel.email': 'විද්‍යුත් තැපෑල',
  'channel.push': 'යෙදුම් දැනුම්දීම්',
  'channel.voice': 'දුරකථන ඇමතුම්',

  'time.now': 'දැන්',
  'time.minutes': { one: 'මිනිත්තු {count}කට පෙර', other: 'මිනිත්තු {count}කට පෙර' },

  'light.live': 'සජීවී',
  'light.live-delay': 'සජීවී · තත්පර {seconds} පසුපසින්',
  'light.connecting': 'සම්බන්ධ වෙමින්',
  'light.attempt': 'උත්සාහය {count}',
  'light.catching-up': 'යාවත්කාලීන වෙමින්',
  'light.behind': { one: 'යාවත්කාලීන වෙමින් · සිදුවීම් {count}', other: 'යාවත්කාලීන වෙමින් · සිදුවීම් {count}' },
  'light.offline': '{time} සිට නොබැඳි',
  'light.next-try': 'ඊළඟ උත්සාහය තත්පර {seconds}කින්',
  'light.trying': 'දැන් උත්සාහ කරයි',
  'light.showing': '{time} හි තත්ත්වය',
  'light.signed-out': 'ඉවත් වී ඇත',

  'toast.region': 'පණිවුඩ',
  'toast.dismiss': 'ඉවත් කරන්න',
  'toast.more': { one: 'තවත් {count}ක්', other: 'තවත් {count}ක්' },

  'error.again': 'නැවත උත්සාහ කරන්න',
  'error.offline': 'සම්බන්ධතාව බිඳී ඇත.',
  'error.try-again': 'මෙහි යමක් වැරදී ඇත. මොහොතකින් නැවත උත්සාහ කරන්න.',
};
